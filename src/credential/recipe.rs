//! A slow hash taken apart: how it is made (the recipe) and what came out.
//!
//! Two hashes with one recipe cost one run. What a run may cost is bounded, for imported hashes and for our own alike.

use std::cell::RefCell;
use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::{digest, pbkdf2};

use super::hash::{Argon2Params, HashError, HashFormat};
use crate::secret::Secret;

/// 256 MiB: what one run may take of the memory, in KiB.
const MAX_MEMORY_KIB: u64 = 256 * 1024;
/// Argon2: passes over one GiB in all, in KiB.
const MAX_ARGON2_WORK: u64 = 1024 * 1024;
const MAX_ARGON2_LANES: u32 = 16;
const MAX_BCRYPT_COST: u32 = 15;
const MAX_PBKDF2_ITERATIONS: u32 = 2_000_000;
/// scrypt: N·r·p.
const MAX_SCRYPT_WORK: u64 = 1 << 22;
/// bcrypt sees no more of a password.
const BCRYPT_MAX_LEN: usize = 72;
const BCRYPT_OUTPUT_LEN: usize = 23;

/// A SHA-2 of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sha {
    Sha256,
    Sha512,
}

impl Sha {
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Argon2 {
        variant: Algorithm,
        params: Argon2Params,
    },
    Bcrypt {
        cost: u32,
        salt: [u8; 16],
    },
    Pbkdf2 {
        sha: Sha,
        iterations: NonZeroU32,
    },
    Scrypt {
        log_n: u8,
        r: u32,
        p: u32,
    },
    /// One round, over the password and then the salt.
    Sha(Sha),
}

impl Method {
    /// The limit that one run would exceed.
    fn exceeded(&self) -> Option<&'static str> {
        match *self {
            Self::Argon2 { params: Argon2Params { memory_kib, iterations, lanes }, .. } => {
                let memory = u64::from(memory_kib);
                let work = memory.saturating_mul(iterations.into());
                (memory > MAX_MEMORY_KIB || work > MAX_ARGON2_WORK || lanes > MAX_ARGON2_LANES)
                    .then_some("m up to 262144 KiB, m·t up to 1048576 KiB, p up to 16")
            }
            Self::Bcrypt { cost, .. } => (cost > MAX_BCRYPT_COST).then_some("a cost up to 15"),
            Self::Pbkdf2 { iterations, .. } => (iterations.get() > MAX_PBKDF2_ITERATIONS).then_some("up to 2000000 iterations"),
            Self::Scrypt { log_n, r, p } => {
                let blocks = 1_u64.checked_shl(log_n.into()).unwrap_or(u64::MAX).saturating_mul(r.into());
                (blocks > MAX_MEMORY_KIB * 1024 / 128 || blocks.saturating_mul(p.into()) > MAX_SCRYPT_WORK)
                    .then_some("128·N·r up to 256 MiB, N·r·p up to 4194304")
            }
            Self::Sha(_) => None,
        }
    }
}

/// Everything that decides the output for a given password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    pub(super) method: Method,
    /// Empty where the method has its own.
    pub(super) salt: Vec<u8>,
    pub(super) output_len: usize,
}

impl Recipe {
    pub(super) const fn format(&self) -> HashFormat {
        match self.method {
            Method::Argon2 { .. } => HashFormat::Argon2,
            Method::Bcrypt { .. } => HashFormat::Bcrypt,
            Method::Pbkdf2 { .. } => HashFormat::Pbkdf2,
            Method::Scrypt { .. } => HashFormat::Scrypt,
            Method::Sha(_) => HashFormat::Sha2,
        }
    }

    /// Refuses a recipe that cannot be run, and one whose every run would be an attack on ourselves.
    pub(super) fn check(&self) -> Result<(), HashError> {
        if let Some(limit) = self.method.exceeded() {
            return Err(HashError::TooCostly { format: self.format(), limit });
        }
        match self.method {
            Method::Argon2 { params, .. } => self.argon2_params(params).map(drop),
            Method::Scrypt { log_n, r, p } => self.scrypt_params(log_n, r, p).map(drop),
            Method::Bcrypt { .. } | Method::Pbkdf2 { .. } | Method::Sha(_) => Ok(()),
        }
    }

    fn argon2_params(&self, Argon2Params { memory_kib, iterations, lanes }: Argon2Params) -> Result<Params, HashError> {
        Params::new(memory_kib, iterations, lanes, Some(self.output_len)).map_err(|error| self.unusable(&error))
    }

    fn scrypt_params(&self, log_n: u8, r: u32, p: u32) -> Result<scrypt::Params, HashError> {
        scrypt::Params::new(log_n, r, p).map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &dyn std::fmt::Display) -> HashError {
        HashError::Unusable(self.format(), error.to_string())
    }

    /// What this password gives.
    pub(super) fn run(&self, password: &[u8]) -> Result<Secret<Vec<u8>>, HashError> {
        self.check()?;
        let mut output = vec![0; self.output_len];
        match self.method {
            Method::Argon2 { variant, params } => {
                let argon2 = Argon2::new(variant, Version::V0x13, self.argon2_params(params)?);
                with_blocks(argon2.params().block_count(), |blocks| {
                    argon2.hash_password_into_with_memory(password, &self.salt, &mut output, blocks)
                })
                .map_err(|error| self.unusable(&error))?;
            }
            Method::Bcrypt { cost, salt } => output = bcrypt_output(cost, salt, password),
            Method::Pbkdf2 { sha: Sha::Sha256, iterations } => {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &self.salt, password, &mut output);
            }
            Method::Pbkdf2 { sha: Sha::Sha512, iterations } => {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, iterations, &self.salt, password, &mut output);
            }
            Method::Scrypt { log_n, r, p } => {
                scrypt::scrypt(password, &self.salt, &self.scrypt_params(log_n, r, p)?, &mut output)
                    .map_err(|error| self.unusable(&error))?;
            }
            Method::Sha(Sha::Sha256) => output = sha_output(&digest::SHA256, password, &self.salt),
            Method::Sha(Sha::Sha512) => output = sha_output(&digest::SHA512, password, &self.salt),
        }
        Ok(Secret::new(output))
    }
}

thread_local! {
    /// The memory of this thread's last run of Argon2. Fresh memory for each run costs a tenth of the run, and nearly half where
    /// the allocator has every page from the system.
    static BLOCKS: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Lends memory for one run. What an earlier run left in it is overwritten before it is read.
fn with_blocks(count: usize, run: impl FnOnce(&mut [Block]) -> argon2::Result<()>) -> argon2::Result<()> {
    BLOCKS.with_borrow_mut(|blocks| {
        if blocks.len() != count {
            // The old ones are given back first: the two together may be more than there is room for.
            *blocks = Vec::new();
            blocks.try_reserve_exact(count).map_err(|_| argon2::Error::OutOfMemory)?;
            blocks.resize(count, Block::new());
        }
        run(blocks)
    })
}

fn sha_output(algorithm: &'static digest::Algorithm, password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(algorithm);
    context.update(password);
    context.update(salt);
    context.finish().as_ref().to_vec()
}

/// bcrypt of a password as the C implementations see it: ended by a zero byte, cut off after 72 bytes.
fn bcrypt_output(cost: u32, salt: [u8; 16], password: &[u8]) -> Vec<u8> {
    // No C string has a zero byte inside, and bcrypt repeats its input: `a\0a` would pass for `a`. So it matches nothing.
    if password.contains(&0) {
        return Vec::new();
    }
    let ended = Secret::new(password.iter().copied().chain([0]).take(BCRYPT_MAX_LEN).collect::<Vec<u8>>());
    bcrypt::bcrypt(cost, salt, ended.expose()).into_iter().take(BCRYPT_OUTPUT_LEN).collect()
}
