//! The model endpoint that containers call: the key of the person is added here and never enters a container, and every
//! call is paid for from the budget of the sub-agent that makes it.
