//! `client_credentials` (RFC 6749, section 4.4): the client asks for itself.

use super::Subject;
use crate::client_auth::AuthenticatedClient;

pub fn subject(client: &AuthenticatedClient) -> Subject {
    Subject { user: None, institution: client.institution().cloned(), exchanged: None }
}
