//! Spellings of paths: those that mean the same are the same, and those that another server may read as another path are none.

use super::*;

/// Each of them means `/api/admin`, or another path than it seems to, to some server.
const TRICKS: &[&str] = &[
    // Dot segments, written plainly, encoded, half encoded, with blanks that some servers cut off.
    "/api/.",
    "/api/..",
    "/api/./admin",
    "/api/x/../admin",
    "/api/x/../../api/admin",
    "/api/x/%2e%2e/admin",
    "/api/x/%2E%2E/admin",
    "/api/x/.%2e/admin",
    "/api/x/%2e./admin",
    "/api/%2e/admin",
    "/api/x/..%20/admin",
    "/api/x/%20../admin",
    "/api/x/%2e%2e%20/admin",
    "/api/admin/..",
    "/api/admin/../",
    // Empty segments.
    "/api//admin",
    "/api/admin//",
    "/api/x///",
    "/api/%20/admin",
    // Delimiters in disguise.
    "/api/x%2fadmin",
    "/api/x%2Fadmin",
    "/api/x%2f..%2fadmin",
    "/api/%2e%2e%2fadmin",
    "/api/x\\admin",
    "/api/x%5cadmin",
    "/api/..%5cadmin",
    "/api/..\\admin",
    "/api/admin?x",
    "/api/admin#x",
    "/api/admin%3fx",
    "/api/admin%23x",
    // Path parameters.
    "/api/admin;x=1",
    "/api/..;/admin",
    "/api/x;/admin",
    "/api/;/admin",
    "/api/admin%3b",
    // Encoded twice.
    "/api/%2561dmin",
    "/api/%252e%252e/admin",
    "/api/x%252fadmin",
    "/api/%25%36%31dmin",
    // Control characters.
    "/api/admin%00",
    "/api/admin%00.html",
    "/api/admin%0a",
    "/api/admin%0d%0aX-Auth-Client:x",
    "/api/admin%09",
    "/api/admin%7f",
    "/api/admin%c2%85",
    "/api/ad\u{1}min",
    "/api/admin\n",
    // Broken escapes.
    "/api/admin%",
    "/api/admin%6",
    "/api/admin%zz",
    "/api/admin%6g",
    "/api/%%61dmin",
    "/api/%u0061dmin",
    "/api/x/%+2e",
    // Bytes that no URI holds, and those that are not UTF-8: overlong `.` and `/` among them.
    "/api/ädmin",
    "/api/ｘ",
    "/api/ad min",
    "/api/%c0%ae%c0%ae/admin",
    "/api/x%c0%afadmin",
    "/api/x%e0%80%afadmin",
    "/api/%ff",
    "/api/%fe%ff",
    "/api/%c3",
    "/api/%ed%a0%80",
];

/// A narrow door beside wide ones: whatever slips past the literal falls to a rule that asks for nothing.
fn rules() -> Rules {
    let open = "[[routes]]\npath = \"/api/**\"\npublic = true\n";
    load(&[("api.toml", &(file("prefix = \"/api\"", &["/api/admin", "/api/admin/{id}"]) + open))]).unwrap()
}

#[test]
fn spellings_of_one_path() {
    let rules = rules();
    for path in [
        "/api/admin",
        "/api/admin/",
        "/api/%61dmin",
        "/%61%70%69/admin",
        "/api/adm%69n/",
        "/api/%61%64%6D%69%6E",
        "/api/%61%64%6d%69%6e",
    ] {
        assert_eq!(said(find(&rules, "GET", path)), "/api/admin", "{path}");
    }
    for segment in
        ["7", "a%20b", "100%25", "%25", "%25zz", "%C3%A9", "...", "a.b", ".a", "a..", "a:b@c", "a=b,c!$&'()*+", "~-_", "%7e"]
    {
        let path = format!("/api/admin/{segment}");
        assert_eq!(said(find(&rules, "GET", &path)), "/api/admin/{id}", "{path}");
    }
}

#[test]
fn other_paths() {
    let rules = rules();
    for path in ["/api", "/api/", "/api/Admin", "/api/admi", "/api/adminx", "/api/admin/1/2", "/api/admin%20", "/api/%C3%A1dmin"]
    {
        assert_eq!(said(find(&rules, "GET", path)), "public", "{path}");
    }
    for path in ["/", "/apis/admin", "/API/admin", "/ap", "/api%20/admin"] {
        assert_eq!(said(find(&rules, "GET", path)), "refused", "{path}");
    }
}

#[test]
fn tricks_are_refused_whole_in_the_words_of_the_api() {
    let rules = rules();
    for path in TRICKS {
        assert_eq!(said(find(&rules, "GET", path)), "refused by main", "{path:?}");
    }
}

#[test]
fn tricks_before_the_prefix_belong_to_nobody() {
    let rules = rules();
    for path in [
        "",
        "api/admin",
        "*",
        "http://api.example/api/admin",
        "//api/admin",
        "/./api/admin",
        "/x/../api/admin",
        "/%2fapi/admin",
        "\\api\\admin",
        "/\\api/admin",
        "/;/api/admin",
        "/api;x/admin",
        "/%2561pi/admin",
        "?",
        "//",
    ] {
        assert_eq!(said(find(&rules, "GET", path)), "refused", "{path:?}");
    }
}
