use std::net::IpAddr;

use super::*;

fn asked(by_proxy: bool, gateway: Gateway, uri: &str, headers: &[(&str, &str)]) -> Result<Option<Original>, OAuthError> {
    let mut request = http::Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let caller = Caller { address: IpAddr::from([127, 0, 0, 1]), by_proxy, request_id: uuid::Uuid::nil() };
    read(gateway, &caller, &request.body(()).unwrap().into_parts().0)
}

fn original(method: &str, host: &str, path: &str) -> Option<Original> {
    Some(Original { method: method.parse().unwrap(), host: host.to_owned(), path: path.to_owned() })
}

const FORWARDED: [(&str, &str); 3] =
    [("x-forwarded-method", "POST"), ("x-forwarded-host", "api.example"), ("x-forwarded-uri", "/a%20b/c?d=/e")];
const ORIGINAL: [(&str, &str); 3] =
    [("x-original-method", "DELETE"), ("x-original-host", "api.example:443"), ("x-original-uri", "/a/../b")];

#[test]
fn each_gateway_is_read_in_its_own_way() {
    assert_eq!(asked(true, Gateway::Forward, "/verify", &FORWARDED).unwrap(), original("POST", "api.example", "/a%20b/c"));
    assert_eq!(
        asked(true, Gateway::Nginx, "/verify/nginx", &ORIGINAL).unwrap(),
        original("DELETE", "api.example:443", "/a/../b")
    );
    let envoy = asked(true, Gateway::Envoy, "http://api.example/verify/envoy/a/b?scope=x", &[]).unwrap();
    assert_eq!(envoy, original("GET", "api.example", "/a/b"));
}

#[test]
fn the_headers_of_another_gateway_change_nothing() {
    let both: Vec<_> = FORWARDED.into_iter().chain(ORIGINAL).collect();
    assert_eq!(asked(true, Gateway::Forward, "/verify", &both).unwrap(), original("POST", "api.example", "/a%20b/c"));
    assert_eq!(asked(true, Gateway::Nginx, "/verify/nginx", &both).unwrap(), original("DELETE", "api.example:443", "/a/../b"));
    let envoy = asked(true, Gateway::Envoy, "http://h/verify/envoy/x", &both).unwrap();
    assert_eq!(envoy, original("GET", "h", "/x"));
}

#[test]
fn a_stranger_tells_nothing_about_an_original() {
    for (gateway, headers) in [(Gateway::Forward, FORWARDED), (Gateway::Nginx, ORIGINAL), (Gateway::Envoy, FORWARDED)] {
        assert_eq!(asked(false, gateway, "/verify/envoy/x", &headers).unwrap(), None, "{gateway:?}");
    }
}

#[test]
fn what_is_told_twice_or_half_is_refused() {
    let [method, host, uri] = FORWARDED;
    for headers in [
        vec![method, host],
        vec![host, uri],
        vec![method, method, host, uri],
        vec![method, host, host, uri],
        vec![method, host, uri, uri],
        vec![("x-forwarded-method", "PO ST"), host, uri],
        vec![method, host, ("x-forwarded-uri", "a/b")],
        vec![method, host, ("x-forwarded-uri", "")],
    ] {
        assert_eq!(asked(true, Gateway::Forward, "/verify", &headers).unwrap_err().kind, ErrorKind::RsRoute, "{headers:?}");
    }
    assert_eq!(asked(true, Gateway::Nginx, "/verify/nginx", &[]).unwrap_err().kind, ErrorKind::RsRoute, "nginx always tells");
}

#[test]
fn a_service_that_asks_for_itself_has_no_original() {
    assert_eq!(asked(true, Gateway::Forward, "/verify?scope=a", &[]).unwrap(), None);
}

#[test]
fn an_absolute_target_has_a_path_too() {
    let [method, host, _] = ORIGINAL;
    let headers = [method, host, ("x-original-uri", "https://api.example/a?b")];
    assert_eq!(asked(true, Gateway::Nginx, "/verify/nginx", &headers).unwrap().unwrap().path, "/a");
}
