use super::*;

/// The secret of RFC 6238, appendix B.
fn secret() -> Secret<Vec<u8>> {
    Secret::new(b"12345678901234567890".to_vec())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// RFC 6238, appendix B, SHA-1: the last six of the eight digits there.
const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

#[test]
fn the_codes_are_those_of_rfc_6238() {
    for (seconds, code) in VECTORS {
        assert_eq!(matching_step(&secret(), code, at(seconds)), Some(seconds / 30), "{seconds}");
    }
}

#[test]
fn the_codes_are_those_of_rfc_4226() {
    let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
    for (step, code) in (0..).zip(codes) {
        assert_eq!(matching_step(&secret(), code, at(step * 30)), Some(step));
    }
}

#[test]
fn a_code_is_good_for_its_step_and_a_neighbour_of_it() {
    let (start, code) = (1_234_567_890 / 30 * 30, "005924");
    for seconds in [-30, -1, 0, 29, 30, 59] {
        assert_eq!(matching_step(&secret(), code, at(start + seconds)), Some(start / 30), "{seconds}");
    }
    for seconds in [-3600, -31, 60, 3600] {
        assert_eq!(matching_step(&secret(), code, at(start + seconds)), None, "{seconds}");
    }
}

#[test]
fn of_two_steps_with_one_code_the_later_is_used_up() {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret().expose());
    let step = (0..10_000_000).find(|step| code_of(&key, *step) == code_of(&key, step + 1)).unwrap();
    assert_eq!(matching_step(&secret(), &code_of(&key, step), at(step * 30)), Some(step + 1));
}

#[test]
fn anything_but_the_six_digits_is_wrong() {
    for code in
        ["", "8", "28708", "2870822", "287082 ", " 287082", "287 082", "28708a", "２８７０８２", "+287082", "94287082", "000000"]
    {
        assert_eq!(matching_step(&secret(), code, at(59)), None, "{code}");
    }
}

#[test]
fn there_are_no_codes_before_the_epoch() {
    assert_eq!(matching_step(&secret(), "755224", at(0)), Some(0));
    assert_eq!(matching_step(&secret(), "755224", at(-30)), Some(0));
    assert_eq!(matching_step(&secret(), "755224", at(-31)), None);
    assert_eq!(matching_step(&secret(), "755224", Timestamp::from_millis(i64::MIN)), None);
    assert_eq!(matching_step(&secret(), "755224", Timestamp::from_millis(i64::MAX)), None);
}

#[test]
fn base32_is_that_of_rfc_4648() {
    let vectors = [
        ("", ""),
        ("MY======", "f"),
        ("MZXQ====", "fo"),
        ("MZXW6===", "foo"),
        ("MZXW6YQ=", "foob"),
        ("MZXW6YTB", "fooba"),
        ("MZXW6YTBOI======", "foobar"),
    ];
    for (encoded, plain) in vectors {
        assert_eq!(decode_base32(encoded).unwrap().expose(), plain.as_bytes());
        assert_eq!(decode_base32(encoded.trim_end_matches('=')).unwrap().expose(), plain.as_bytes());
    }
    let shared = decode_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
    assert_eq!(shared.expose(), secret().expose());
    let all = decode_base32("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").unwrap();
    assert_eq!(all.expose()[..5], [0x00, 0x44, 0x32, 0x14, 0xc7]);
    assert_eq!(all.expose()[15..], [0xc6, 0x75, 0xbe, 0x77, 0xdf]);
}

#[test]
fn what_is_not_base32_is_refused_without_being_repeated() {
    let wrong = [
        "my",
        "MY=",
        "MY=====",
        "MY=======",
        "========",
        "=",
        "M",
        "MZX",
        "MZXW6Y",
        "MZ",
        "MZXR",
        "MZXW7",
        "M1",
        "M0",
        "M8",
        "MY MY",
        "MY-MY",
        "MYä",
        "=MY",
        "MY======MY",
        "MZXW6YTB========",
    ];
    for text in wrong {
        assert_eq!(decode_base32(text).unwrap_err(), Base32Error, "{text}");
    }
    assert_eq!(Base32Error.to_string(), "the secret is not base32: use the letters A-Z and the digits 2-7");
}
