use super::*;

#[test]
fn without_a_gateway_the_tests_skip_and_say_so_in_one_line() {
    let mut notices = Vec::new();
    assert_eq!(skipped("nginx", false, &mut notices), None);
    let notices = String::from_utf8(notices).unwrap();
    assert_eq!(notices.lines().count(), 1);
    assert!(notices.starts_with("GATEWAY TESTS SKIPPED: nginx is not installed"), "{notices}");
}

#[test]
#[should_panic(expected = "COUNTERSIGN_REQUIRE_GATEWAYS=1, but caddy is not here")]
fn without_a_gateway_the_tests_fail_where_it_is_required() {
    skipped("caddy", true, &mut io::sink());
}
