use super::*;
use crate::clock::SystemEntropy;

/// As cheap as Argon2 gets.
const CHEAP: Argon2Params = Argon2Params { memory_kib: 8, iterations: 1, lanes: 1 };
const PASSWORD: &str = "correct horse battery staple ä";
const SALT: Salt = Salt([7; SALT_LEN]);

/// Hashes of `PASSWORD`, computed independently, with Python's hashlib.
const OF_PASSWORD: [(HashFormat, &str); 9] = [
    (HashFormat::Pbkdf2, "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$Rby3Nnh5iV6NTJfKd+21yTNry0uYUIEK9F7HlL0jVbc"),
    (
        HashFormat::Pbkdf2,
        "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$95+sxjnlBLIkaQNgYmUzoXWjPHpkiWDUiPLGIMZMSvbwcr+mNSdOJpLsQ7yyPNsJWQ4H1lf1x\
         mp7vsppbvFLng",
    ),
    (HashFormat::Pbkdf2, "pbkdf2_sha256$1000$seasalt$qB2VpK0bpY9JaustQ5oTdyX4+KWYI/8RrBbN/naRoRY="),
    (HashFormat::Scrypt, "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$5TsxSLLFWS5vJexwduEzt420gJIlAE5SHb+tkf02UZY"),
    (
        HashFormat::Scrypt,
        "$scrypt$ln=4,r=1,p=2$AAECAwQFBgcICQoLDA0ODw$7sM7qDj6gUl+yEgQWgs2zVIz/Z8DEAd9l06yhZ3FKU3jyM0hWzJZGxF7DOeMTdbEVXJePEdCR/\
         ajQ/Hj03araQ",
    ),
    (HashFormat::Sha2, "{SHA256}22efb3dd56c05ffc35a2a06a0a1695ca67c0bf397a64360cddeeb5f1557ff654"),
    (
        HashFormat::Sha2,
        "{SHA512}dbcaf277fea355c48224a8d8462d788314018e64b401d8a4d340dc8eafb4444a05d567cfdd82b5ca874cc5cc36c88a55b41c7ec8717ce9\
         429a0a399c0a3f2fa4",
    ),
    (HashFormat::Sha2, "{SSHA256}NsXvyJL/bhMiUPmJcXpc3lEr9Ekh3d+QXhq47DzZkiUAAQIDBAUGBw=="),
    (
        HashFormat::Sha2,
        "{SSHA512}rVuCYEfAwpAc9P6psckAYGMUbXJVsnK6TlBwoHiLPyECe95pvYJ2JOdWfzuF16gic4IVjan10y67fyibn/ddWgABAgMEBQYH",
    ),
];

/// Published vectors: the Argon2 reference implementation, jBCrypt, crypt_blowfish.
const PUBLISHED: [(HashFormat, &[u8], &str); 9] = [
    (HashFormat::Argon2, b"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
    (HashFormat::Argon2, b"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
    (HashFormat::Argon2, b"password", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"),
    (HashFormat::Bcrypt, b"", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
    (HashFormat::Bcrypt, b"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
    (HashFormat::Bcrypt, b"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    (HashFormat::Bcrypt, b"U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (HashFormat::Bcrypt, b"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
    (
        HashFormat::Bcrypt,
        b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
];

#[test]
fn hashes_from_elsewhere_verify() {
    for (format, password, hash) in OF_PASSWORD.map(|(format, hash)| (format, PASSWORD.as_bytes(), hash)).iter().chain(&PUBLISHED)
    {
        assert_eq!(recognise(hash), Ok(*format), "{hash}");
        assert_eq!(verify(hash, password), Ok(true), "{hash}");
        assert_eq!(verify(hash, b"wrong"), Ok(false), "{hash}");
        assert!(needs_rehash(hash, Argon2Params::default()), "{hash}");
    }
}

#[test]
fn a_hash_of_ours_is_argon2id_in_phc_form() {
    let made = hash(b"password", SALT, Argon2Params::default()).unwrap();
    assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"), "{made}");
    assert_eq!(verify(&made, b"password"), Ok(true));
    for wrong in ["Password", "password ", "passwor", "", "password\0"] {
        assert_eq!(verify(&made, wrong.as_bytes()), Ok(false), "{wrong}");
    }
    let other = hash(b"password", Salt::random(&SystemEntropy), Argon2Params::default()).unwrap();
    assert_ne!(made, other);
}

#[test]
fn only_current_hashes_of_ours_stay() {
    let made = hash(b"secret", SALT, CHEAP).unwrap();
    assert!(!needs_rehash(&made, CHEAP));
    for params in [
        Argon2Params { memory_kib: 16, ..CHEAP },
        Argon2Params { iterations: 2, ..CHEAP },
        Argon2Params { memory_kib: 16, lanes: 2, ..CHEAP },
        Argon2Params::default(),
    ] {
        assert!(needs_rehash(&made, params), "{params:?}");
    }
    assert!(needs_rehash(&made.replace("argon2id", "argon2i"), CHEAP));
    assert!(needs_rehash("no hash", CHEAP));
}

#[test]
fn a_salt_is_taken_over_from_our_own_hashes_only() {
    let made = hash(b"secret", SALT, CHEAP).unwrap();
    assert_eq!(Salt::of(&made), Some(SALT));
    let (_, _, of_eight_bytes) = PUBLISHED[0];
    assert_eq!(Salt::of(of_eight_bytes), None);
    assert_eq!(Salt::of(OF_PASSWORD[0].1), None);
    assert_eq!(Salt::of("no hash"), None);
}

#[test]
fn hashes_that_share_their_recipe_cost_one_run() {
    let other_salt = Salt([8; SALT_LEN]);
    let made: Vec<String> = [(&b"one"[..], SALT), (b"two", SALT), (b"three", other_salt), (b"four", SALT)]
        .into_iter()
        .map(|(secret, salt)| hash(secret, salt, CHEAP).unwrap())
        .collect();
    let hashes: Vec<&str> = made.iter().map(String::as_str).collect();
    let found_after = |presented: &[u8]| {
        let mut runs = 0;
        let found = find_with(&hashes, |recipe| {
            runs += 1;
            recipe.run(presented)
        });
        (found.unwrap(), runs)
    };
    assert_eq!(found_after(b"one"), (Some(0), 1));
    assert_eq!(found_after(b"two"), (Some(1), 1));
    assert_eq!(found_after(b"three"), (Some(2), 2));
    assert_eq!(found_after(b"four"), (Some(3), 2));
    assert_eq!(found_after(b"five"), (None, 2));
    assert_eq!(find(&hashes, b"three"), Ok(Some(2)));
    assert_eq!(find(&[], b"three"), Ok(None));
}

#[test]
fn a_decoy_costs_the_run_of_any_other_hash_and_nothing_is_right() {
    for params in [CHEAP, Argon2Params { memory_kib: 16, iterations: 2, lanes: 2 }] {
        let decoy = decoy(&SystemEntropy, params).unwrap();
        let real = StoredHash::parse(&hash(b"", SALT, params).unwrap()).unwrap();
        let stored = StoredHash::parse(&decoy).unwrap();
        assert_eq!((stored.recipe.method, stored.output.len()), (real.recipe.method, real.output.len()));
        assert_eq!(stored.recipe.salt.len(), real.recipe.salt.len());
        assert!(!needs_rehash(&decoy, params));
        let mut runs = 0;
        let found = find_with(&[&decoy], |recipe| {
            runs += 1;
            recipe.run(PASSWORD.as_bytes())
        });
        assert_eq!((found.unwrap(), runs), (None, 1));
    }
    assert_ne!(decoy(&SystemEntropy, CHEAP), decoy(&SystemEntropy, CHEAP));
    assert!(
        matches!(decoy(&SystemEntropy, Argon2Params { lanes: 0, ..CHEAP }), Err(HashError::Unusable(..))),
        "told at the start"
    );
}

#[test]
fn bcrypt_never_matches_a_zero_byte() {
    let (_, _, of_a) = PUBLISHED[4];
    assert_eq!(verify(of_a, b"a"), Ok(true));
    for repeated in [&b"a\0"[..], b"a\0a", b"a\0a\0"] {
        assert_eq!(verify(of_a, repeated), Ok(false));
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let unknown = [
        "",
        "password",
        "$",
        "$1$salt$hash",
        "$5$rounds=5000$salt$hash",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
        "{sha256}22efb3dd56c05ffc35a2a06a0a1695ca67c0bf397a64360cddeeb5f1557ff654",
        "pbkdf2_sha1$1000$salt$hash",
        "$argon2$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        " $2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    ];
    for hash in unknown {
        assert_eq!(recognise(hash), Err(HashError::UnknownFormat), "{hash}");
        assert_eq!(verify(hash, hash.as_bytes()), Err(HashError::UnknownFormat), "{hash}");
    }
}

#[test]
fn what_is_not_whole_is_refused() {
    use HashFormat::{Argon2, Bcrypt, Pbkdf2, Scrypt, Sha2};
    let long = format!("$pbkdf2-sha256$i=1$AAECAwQFBgcICQoLDA0ODw${}", "A".repeat(88));
    let malformed = [
        (Argon2, "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        (Argon2, "$argon2id$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        (Argon2, "$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        (Argon2, "$argon2id$v=19$m=256,t=2,p=1,x=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        (Argon2, "$argon2id$v=19$m=99999999999,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        (Argon2, "$argon2id$v=19$m=256,t=2,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
        (Argon2, "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"),
        (Argon2, "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"),
        (Bcrypt, "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (Bcrypt, "$2b$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (Bcrypt, "$2b$xx$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (Bcrypt, "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe"),
        (Bcrypt, "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeä"),
        (Bcrypt, "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW"),
        (Pbkdf2, "$pbkdf2-sha256$i=0$AAECAwQFBgcICQoLDA0ODw$Rby3Nnh5iV6NTJfKd+21yTNry0uYUIEK9F7HlL0jVbc"),
        (Pbkdf2, "$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$Rby3Nnh5iV6NTJfKd+21yTNry0uYUIEK9F7HlL0jVbc"),
        (Pbkdf2, "$pbkdf2-sha256$i=1000$AAECAwQFBgcICQoLDA0ODw$Rby3Nnh5iQ"),
        (Pbkdf2, &long),
        (Pbkdf2, "pbkdf2_sha256$0$seasalt$qB2VpK0bpY9JaustQ5oTdyX4+KWYI/8RrBbN/naRoRY="),
        (Pbkdf2, "pbkdf2_sha256$1000$seasalt$qB2VpK0bpY9JaustQ5oTdyX4+KWYI/8RrBbN/naRoRY"),
        (Scrypt, "$scrypt$ln=256,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$5TsxSLLFWS5vJexwduEzt420gJIlAE5SHb+tkf02UZY"),
        (Scrypt, "$scrypt$n=1024,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$5TsxSLLFWS5vJexwduEzt420gJIlAE5SHb+tkf02UZY"),
        (Sha2, "{SHA256}"),
        (Sha2, "{SHA256}22efb3dd56c05ffc35a2a06a0a1695ca67c0bf397a64360cddeeb5f1557ff6"),
        (Sha2, "{SHA256}22efb3dd56c05ffc35a2a06a0a1695ca67c0bf397a64360cddeeb5f1557ff6540"),
        (Sha2, "{SHA256}22efb3dd56c05ffc35a2a06a0a1695ca67c0bf397a64360cddeeb5f1557ff65400"),
        (Sha2, "{SHA256}g2efb3dd56c05ffc35a2a06a0a1695ca67c0bf397a64360cddeeb5f1557ff654"),
        (Sha2, "{SSHA256}Iu+z3VbAX/w1oqBqChaVymfAvzl6ZDYM3e618VV/9lQ="),
        (Sha2, "{SSHA512}NsXvyJL/bhMiUPmJcXpc3lEr9Ekh3d+QXhq47DzZkiUAAQIDBAUGBw=="),
    ];
    for (format, hash) in malformed {
        assert_eq!(recognise(hash), Err(HashError::Malformed(format)), "{hash}");
    }
}

#[test]
fn a_hash_that_costs_too_much_is_refused_and_never_run() {
    use HashFormat::{Argon2, Bcrypt, Pbkdf2, Scrypt};
    let argon2 = |params: &str| format!("$argon2id$v=19${params}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
    let bcrypt = |cost: u32| format!("$2b${cost:02}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    let pbkdf2 =
        |params: &str| format!("$pbkdf2-sha256${params}$AAECAwQFBgcICQoLDA0ODw$Rby3Nnh5iV6NTJfKd+21yTNry0uYUIEK9F7HlL0jVbc");
    let scrypt = |params: &str| format!("$scrypt${params}$AAECAwQFBgcICQoLDA0ODw$5TsxSLLFWS5vJexwduEzt420gJIlAE5SHb+tkf02UZY");
    let allowed = [
        argon2("m=262144,t=4,p=1"),
        argon2("m=65536,t=16,p=16"),
        bcrypt(15),
        pbkdf2("i=2000000"),
        scrypt("ln=18,r=8,p=2"),
        scrypt("ln=17,r=16,p=1"),
    ];
    for hash in allowed {
        assert!(recognise(&hash).is_ok(), "{hash}");
    }
    let too_costly = [
        (Argon2, argon2("m=262145,t=1,p=1")),
        (Argon2, argon2("m=262144,t=5,p=1")),
        (Argon2, argon2("m=4294967295,t=4294967295,p=1")),
        (Argon2, argon2("m=65536,t=1,p=17")),
        (Bcrypt, bcrypt(16)),
        (Bcrypt, bcrypt(31)),
        (Pbkdf2, pbkdf2("i=2000001")),
        (Scrypt, scrypt("ln=19,r=8,p=1")),
        (Scrypt, scrypt("ln=17,r=17,p=1")),
        (Scrypt, scrypt("ln=18,r=8,p=3")),
        (Scrypt, scrypt("ln=1,r=4294967295,p=4294967295")),
        (Scrypt, scrypt("ln=64,r=1,p=1")),
        (Scrypt, scrypt("ln=255,r=1,p=1")),
    ];
    for (costly, hash) in too_costly {
        for refused in [recognise(&hash).map(drop), verify(&hash, b"").map(drop)] {
            assert!(matches!(refused, Err(HashError::TooCostly { format, .. }) if format == costly), "{hash}");
        }
    }
    assert!(matches!(hash(b"", SALT, Argon2Params { memory_kib: 1 << 30, ..CHEAP }), Err(HashError::TooCostly { .. })));
}

#[test]
fn a_hash_that_cannot_be_run_is_refused() {
    for params in ["m=7,t=1,p=1", "m=8,t=0,p=1", "m=8,t=1,p=0", "m=8,t=1,p=2"] {
        let hash = format!("$argon2id$v=19${params}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        assert!(matches!(recognise(&hash), Err(HashError::Unusable(HashFormat::Argon2, _))), "{hash}");
    }
    for params in ["ln=4,r=0,p=1", "ln=4,r=8,p=0"] {
        let hash = format!("$scrypt${params}$AAECAwQFBgcICQoLDA0ODw$5TsxSLLFWS5vJexwduEzt420gJIlAE5SHb+tkf02UZY");
        assert!(matches!(recognise(&hash), Err(HashError::Unusable(HashFormat::Scrypt, _))), "{hash}");
    }
}
