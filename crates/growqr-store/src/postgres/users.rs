//! The users of a profile, as the identity provider described them.

use super::PostgresStore;
use crate::error::while_doing;
use crate::rows::UserRow;
use async_trait::async_trait;
use growqr_core::journal::{StoreError, User, Users};

#[async_trait]
impl Users for PostgresStore {
    async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> =
            sqlx::query_as("select id, email, name, picture_url, last_verified_at from users where profile_id = $1 order by id")
                .bind(self.profile())
                .fetch_all(&self.db.pool)
                .await
                .map_err(while_doing("read who the person is"))?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    async fn save_user(&self, user: &User) -> Result<(), StoreError> {
        let query = sqlx::query(
            "insert into users (profile_id, id, email, name, picture_url, last_verified_at) values ($1, $2, $3, $4, $5, $6) \
             on conflict (profile_id, id) do update set email = excluded.email, name = excluded.name, \
             picture_url = excluded.picture_url, last_verified_at = excluded.last_verified_at",
        )
        .bind(self.profile())
        .bind(&user.id)
        .bind(&user.email)
        .bind(&user.name)
        .bind(&user.picture_url)
        .bind(user.last_verified_at.0);
        query.execute(&self.db.pool).await.map_err(while_doing("keep who the person is"))?;
        Ok(())
    }
}
