use super::*;
use crate::model::flaw::Flaw;

/// Values for a few placeholders; the others are absent.
struct Sample;

impl Lookup for Sample {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        match placeholder {
            Placeholder::Realm => Value::from("a \"b\"\n\\"),
            Placeholder::ClientId => Value::from("acme"),
            Placeholder::ClientRequiresMfa => Value::Bool(true),
            Placeholder::ExpiresIn => Value::Int(-600),
            Placeholder::Scopes => Value::List(vec!["a", "b"]),
            _ => Value::Absent,
        }
    }
}

#[derive(serde::Deserialize)]
struct File {
    body: Source,
}

fn compile(toml: &str, context: Context) -> (Template, Vec<Flaw>) {
    let file: File = toml::from_str(&format!("body = {toml}")).unwrap();
    let mut flaws = Vec::new();
    let template = Template::compile(&file.body, context, &mut flaws);
    (template, flaws)
}

fn render(toml: &str) -> String {
    let (template, flaws) = compile(toml, Context::SuccessBody);
    assert_eq!(flaws, []);
    let mut out = Vec::new();
    template.render_json(&mut out, &Sample);
    String::from_utf8(out).unwrap()
}

fn line(text: &str) -> Option<String> {
    let mut flaws = Vec::new();
    let line = Text::compile(text, 0, Context::SuccessHeader, &mut flaws);
    assert_eq!(flaws, []);
    line.render_text(&Sample)
}

#[test]
fn fields_keep_their_order_and_values_their_type() {
    assert_eq!(
        render(r#"{ z = "$client.id", a = "$expires_in", m = "$client.requires_mfa", l = "$scopes", n = 7, t = false }"#),
        r#"{"z":"acme","a":-600,"m":true,"l":["a","b"],"n":7,"t":false}"#
    );
}

#[test]
fn absent_values_take_their_place_with_them() {
    assert_eq!(render(r#"{ a = "$user.id", b = 1, c = "$user.name" }"#), r#"{"b":1}"#);
    assert_eq!(render(r#"{ a = "$user.id" }"#), "{}");
    assert_eq!(render(r#"{ a = "for $user.id", b = ["$user.id", "x", "$user.id", "$client.id"] }"#), r#"{"b":["x","acme"]}"#);
    assert_eq!(render(r#"{ a = { b = "$user.id" } }"#), r#"{"a":{}}"#);
}

#[test]
fn text_is_escaped() {
    assert_eq!(
        render("{ \"k\\\"\" = \"$realm\", b = \"<$realm>\", c = \"\\u0001é\" }"),
        r#"{"k\"":"a \"b\"\u000a\\","b":"<a \"b\"\u000a\\>","c":"\u0001é"}"#
    );
}

#[test]
fn interpolation() {
    assert_eq!(line("Basic realm=\"$client.id\"").as_deref(), Some("Basic realm=\"acme\""));
    assert_eq!(line("${client.id}s, $client.id. $$5").as_deref(), Some("acmes, acme. $5"));
    assert_eq!(line("$expires_in $client.requires_mfa $scopes").as_deref(), Some("-600 true a b"));
    assert_eq!(line("").as_deref(), Some(""));
    assert_eq!(line("$$").as_deref(), Some("$"));
    assert_eq!(line("user $user.id"), None);
}

#[test]
fn text_without_placeholders_is_literal() {
    let literal = |text: &str| Text::compile(text, 0, Context::AnyHeader, &mut Vec::new()).as_literal().map(String::from);
    assert_eq!(literal("no-store, $$"), Some("no-store, $".into()));
    assert_eq!(literal("$realm"), None);
}

#[test]
fn members_can_be_written_beside_others() {
    let (template, _) = compile(r#"{ aud = "$client.id", org = "$institution.id" }"#, Context::Claims);
    let written: Vec<_> = template
        .members()
        .map(|(name, node)| {
            let mut out = Vec::new();
            (name.to_owned(), node.render_json(&mut out, &Sample), String::from_utf8(out).unwrap())
        })
        .collect();
    assert_eq!(written, [("aud".into(), true, "\"acme\"".into()), ("org".into(), false, String::new())]);
}

#[test]
fn flaws_stand_at_their_string() {
    let (_, flaws) = compile("{ a = \"$x\", b = [\"$hint\"] }", Context::Claims);
    let places: Vec<_> = flaws.iter().map(|flaw| flaw.at).collect();
    assert_eq!(places, [13, 24]);
}

#[test]
fn each_placeholder_has_a_place() {
    for placeholder in Placeholder::ALL {
        assert!(Context::ALL.iter().any(|context| context.allows(*placeholder)), "{placeholder}");
    }
    for context in [Context::Claims, Context::SuccessHeader, Context::ErrorHeader, Context::AnyHeader] {
        assert!(!context.allows(Placeholder::AccessToken) && !context.allows(Placeholder::MfaToken), "{context}");
    }
}
