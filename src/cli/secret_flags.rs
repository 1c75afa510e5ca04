//! Secrets on their way in: from a file, the environment or standard input. Each kind of secret has three flags of its own.

use std::io::Read as _;

use super::CliError;
use crate::secret::Secret;

/// More than any secret or private key has.
const MAX_LEN: u64 = 64 * 1024;

/// Declares the flags `--NAME-file`, `--NAME-env` and `--NAME-stdin`.
macro_rules! secret_flags {
    ($(#[$doc:meta])* $name:ident, $file:literal, $env:literal, $stdin:literal) => {
        $(#[$doc])*
        #[derive(Debug, Default, clap::Args)]
        #[group(multiple = false)]
        pub(super) struct $name {
            /// Read it from this file
            #[arg(id = $file, long = $file, value_name = "FILE")]
            file: Option<std::path::PathBuf>,
            /// Read it from this environment variable
            #[arg(id = $env, long = $env, value_name = "NAME")]
            env: Option<String>,
            /// Read it from standard input
            #[arg(id = $stdin, long = $stdin)]
            stdin: bool,
        }

        impl $name {
            /// The secret, if a flag says where it is.
            pub(super) fn read(&self) -> Result<Option<Secret<String>>, CliError> {
                read(self.file.as_deref(), self.env.as_deref(), self.stdin)
            }
        }
    };
}

secret_flags!(
    /// The secret of a client that asks for a token.
    ClientSecret, "client-secret-file", "client-secret-env", "client-secret-stdin"
);
secret_flags!(
    /// A chosen client secret.
    ChosenSecret, "secret-file", "secret-env", "secret-stdin"
);
secret_flags!(
    /// The hash of a client secret that comes from another system.
    ImportedHash, "hash-file", "hash-env", "hash-stdin"
);
secret_flags!(
    /// A user's password.
    Password, "password-file", "password-env", "password-stdin"
);
secret_flags!(
    /// The seed of a user's one-time passwords.
    Totp, "totp-file", "totp-env", "totp-stdin"
);
secret_flags!(
    /// A private key.
    PrivateKey, "pem-file", "pem-env", "pem-stdin"
);

fn read(file: Option<&std::path::Path>, env: Option<&str>, stdin: bool) -> Result<Option<Secret<String>>, CliError> {
    let text = match (file, env) {
        (Some(file), _) => {
            std::fs::read_to_string(file).map_err(|error| CliError::new(format_args!("{}: {error}", file.display())))?
        }
        (None, Some(name)) => std::env::var(name)
            .map_err(|_| CliError::new(format_args!("the environment variable `{name}` is not set to readable text")))?,
        (None, None) if stdin => {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(MAX_LEN).read_to_string(&mut text);
            read.map_err(|error| CliError::new(format_args!("standard input: {error}")))?;
            text
        }
        (None, None) => return Ok(None),
    };
    let text = Secret::new(text);
    // Editors and `echo` leave a line end behind, which is part of no secret.
    let secret = Secret::new(text.expose().trim_end_matches(['\r', '\n']).to_owned());
    if secret.expose().is_empty() { Err(CliError::new("the secret is empty")) } else { Ok(Some(secret)) }
}
