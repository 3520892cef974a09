//! Upload, look-up, fetch, delete.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::rig::{PHONE, Rig, SECOND, TOKEN};

const DAY: i64 = 24 * 3600 * SECOND;

fn form(product: &str, mime: &str, file: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\n{product}\r\n--xyz\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: {mime}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--xyz--\r\n");
    body
}

fn upload(rig: &Rig, form: Vec<u8>, kind: &str) -> (u16, Value) {
    let request = Request::builder()
        .method("POST")
        .uri(format!("/v25.0/{PHONE}/media"))
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", kind)
        .body(Bytes::from(form))
        .unwrap();
    let answer = rig.sim.handle(rig.now, request);
    (answer.response.status().as_u16(), serde_json::from_slice(answer.response.body()).unwrap())
}

const FORM: &str = "multipart/form-data; boundary=xyz";

#[test]
fn there_and_back() {
    let mut rig = Rig::in_window();
    let bytes = b"\x89PNG\r\n\r\n--not the boundary";
    let (status, made) = upload(&rig, form("whatsapp", "image/png", bytes), FORM);
    assert_eq!(status, 200, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let (_, found) = rig.get(&format!("/v25.0/{id}?phone_number_id={PHONE}"));
    assert_eq!(
        (found["mime_type"].as_str(), found["file_size"].as_u64()),
        (Some("image/png"), Some(bytes.len() as u64))
    );
    let url = found["url"].as_str().unwrap().strip_prefix("http://sim.test").unwrap().to_owned();
    let fetched = rig.request("GET", &url, TOKEN, "");
    assert_eq!(fetched.response.body().as_ref(), bytes);
    assert_eq!(rig.request("GET", &url, "stolen", "").response.status(), 401);
    rig.now += 301 * SECOND;
    assert_eq!(rig.request("GET", &url, TOKEN, "").response.status(), 404, "the address is old");
    assert_eq!(rig.send("image", json!({"id": id})).0, 200);
    assert_eq!(rig.code("video", json!({"id": id})), 131_053);
    assert_eq!(rig.call("DELETE", &format!("/v25.0/{id}"), &Value::Null), (200, json!({"success": true})));
    assert_eq!(rig.get(&format!("/v25.0/{id}")).0, 400);
    assert_eq!(rig.code("image", json!({"id": id})), 100);
}

#[test]
fn media_grow_old() {
    let mut rig = Rig::new();
    let (id, _) = rig.sim.add_media(rig.now, "image/jpeg", Bytes::from_static(b"x"));
    assert_eq!(rig.get(&format!("/v25.0/{id}")).0, 200);
    rig.now += 30 * DAY;
    assert_eq!(rig.get(&format!("/v25.0/{id}")).0, 400);
}

#[test]
fn refused_uploads() {
    let rig = Rig::new();
    let cases: Vec<(&str, Vec<u8>, &str, u64)> = vec![
        ("no form", form("whatsapp", "image/png", b"x"), "application/json", 100),
        ("no product", form("", "image/png", b"x"), FORM, 100),
        ("unknown kind", form("whatsapp", "application/x-msdownload", b"x"), FORM, 100),
        ("empty", form("whatsapp", "image/png", b""), FORM, 131_053),
        ("too large", form("whatsapp", "image/webp", &vec![0; 600 << 10]), FORM, 131_053),
        ("cut off", form("whatsapp", "image/png", b"x")[..90].to_vec(), FORM, 100),
        ("nothing", Vec::new(), FORM, 100),
    ];
    for (name, form, kind, code) in cases {
        let (status, answer) = upload(&rig, form, kind);
        assert_eq!((status, answer["error"]["code"].as_u64()), (400, Some(code)), "{name}: {answer}");
    }
}
