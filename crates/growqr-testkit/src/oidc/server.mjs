// An OpenID Connect provider on a loopback port, for tests: one user, who is signed in and allows everything at once.
// Prints its issuer once it listens, and then the path of each request with a form.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

// The first argument is the folder with the packages.
const require = createRequire(join(process.argv[2], "package.json"));
const { default: Provider } = await import(require.resolve("oidc-provider"));

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: "key-of-a-test", use: "sig", alg: "RS256" };
const account = {
  accountId: "user_ada",
  claims: () => ({ sub: "user_ada", name: "Ada Lovelace", email: "ada@example.com", email_verified: true }),
};

const configuration = {
  clients: [
    {
      client_id: "growqr",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      redirect_uris: ["http://127.0.0.1/callback"],
      scope: "openid profile email offline_access",
    },
  ],
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  findAccount: async () => account,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  server.on("request", (request, response) => {
    const path = request.url.split("?")[0];
    if (request.method === "POST") console.log(path);
    if (path.startsWith("/interaction/")) allow(provider, request, response);
    else answer(request, response);
  });
  console.log(issuer);
});

/** Signs the user in, or allows what the client asks for. */
async function allow(provider, request, response) {
  const { prompt, params, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    await provider.interactionFinished(request, response, { login: { accountId: account.accountId } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: account.accountId, clientId: params.client_id });
  grant.addOIDCScope(prompt.details.missingOIDCScope?.join(" ") ?? params.scope);
  const result = { consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}
