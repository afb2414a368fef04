//! What any request meets: forged origins, redirects out of the site, sizes, headers, languages.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::exam::{LEAD_MS, Setup, TestExam};

#[tokio::test]
async fn another_site_can_not_act_for_anybody() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    let room = format!("/rooms/{}/end", proctor.room);
    let form = "epoch=1&confirm=yes&reason=x&answer=right&accept=yes&position=1&revision=0&choice=A";
    let paths = ["/exam/hand-in", "/exam/answer", "/hand", "/login", "/lang", "/display", "/staff/login", &room];
    for origin in ["https://evil.example", "http://exam.test.evil.example", "http://exam.test:81", "null"] {
        for path in paths {
            for browser in [&mut first.browser, &mut proctor.browser] {
                let request = Request::post(path)
                    .header(header::ORIGIN, origin)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
                let answer = browser.send(request, Body::from(form)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin} {path}");
            }
        }
        let request = Request::post("/exam/changes").header(header::ORIGIN, origin);
        let body = r#"{"epoch":1,"changes":[{"seq":1,"position":1,"response":"A","flagged":false}]}"#;
        let request = request.header(header::CONTENT_TYPE, "application/json");
        assert_eq!(first.browser.send(request, Body::from(body)).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let cross_site = Request::post("/exam/hand-in").header("sec-fetch-site", "cross-site");
    assert_eq!(first.browser.send(cross_site, Body::from(form)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(exam.sitting(&first.sitting).await.phase, "writing");
    assert!(exam.responses(&first.sitting).await.is_empty());
}

#[tokio::test]
async fn a_redirect_never_leaves_the_site() {
    let exam = TestExam::start().await;
    let mut first = exam.candidate(1).await;
    let outside = [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "/\u{0}/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
    ];
    for back in outside {
        for (path, field, value) in [("/lang", "lang", "en"), ("/display", "theme", "cream"), ("/hand", "x", "y")] {
            let answer = first.browser.post(path, &[(field, value), ("back", back)]).await;
            assert_eq!(answer.to(), "/", "{path} {back:?} {:?}", answer.location);
        }
    }
    for back in ["/waiting", "/exam?q=3", "/rooms/1?sitting=2"] {
        let answer = first.browser.post("/lang", &[("lang", "zh"), ("back", back)]).await;
        assert_eq!(answer.location.as_deref(), Some(back));
    }
}

#[tokio::test]
async fn a_notice_in_an_address_says_only_what_is_ours() {
    let exam = TestExam::start().await;
    let mut browser = exam.browser();
    let page = browser.get("/?notice=saved~%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!page.body.contains("<script>alert"));
    let page = browser.get("/?notice=no_such_notice&x=%22%3E%3Cb%3E").await;
    assert!(!page.body.contains("\"><b>"));
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn what_a_person_wrote_is_text_and_no_markup() {
    let exam = TestExam::of(Setup::short()).await;
    let first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    let text = "<script>alert(1)</script>\"'&";
    assert_eq!(proctor.on(&first, "note", &[("text", text)]).await.code(), "note_kept");
    let room = proctor.room.clone();
    for path in [format!("/rooms/{room}?sitting={}", first.sitting), format!("/rooms/{room}/record")] {
        let page = proctor.browser.get(&path).await;
        assert!(page.body.contains("&lt;script&gt;alert(1)"), "{path} shows the note");
        assert!(!page.body.contains("<script>alert(1)"), "{path}");
    }
}

#[tokio::test]
async fn large_and_broken_forms_are_refused_in_words() {
    let exam = TestExam::start().await;
    let mut browser = exam.browser();
    let large = "x".repeat(1_000_000);
    assert_eq!(browser.post("/login", &[("admission_no", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for path in ["/login", "/staff/login", "/lang"] {
        let answer = browser.post_json(path, "{}").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body.contains("<h1"), "a page that says so");
    }
    assert_eq!(browser.post("/login", &[]).await.code(), "seat_unknown");
    assert_eq!(browser.post("/staff/login", &[]).await.code(), "password_wrong");
    assert_eq!(browser.get("/exam?q=nonsense").await.status.as_u16() / 100, 4);
    assert_eq!(browser.get("/no/such/page").await.status, StatusCode::NOT_FOUND);
    let deleted = browser.send(Request::delete("/exam"), Body::empty()).await;
    assert_eq!(deleted.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_answer_has_the_headers_of_safety() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    for path in ["/", "/health", "/waiting", "/no/such/page", "/staff/login", "/assets/app.css"] {
        let answer = first.browser.get(path).await;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("'unsafe-inline'"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        let kept = if path.starts_with("/assets/") { "immutable" } else { "no-store" };
        assert!(header("cache-control").contains(kept), "{path}: {}", header("cache-control"));
        assert!(!answer.body.contains("<script>"), "{path}: scripts are files of ours");
    }
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_and_other_sites() {
    let exam = TestExam::start().await;
    let mut first = exam.arriving(1).await;
    let answers = [first.knock().await, first.browser.post("/lang", &[("lang", "en")]).await];
    for answer in answers {
        let set = answer.headers.get(header::SET_COOKIE).expect("a cookie").to_str().expect("plain text");
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    }
}

#[tokio::test]
async fn the_language_is_a_choice_of_the_browser() {
    let exam = TestExam::start().await;
    let mut browser = exam.browser();
    assert!(browser.get("/").await.body.contains("lang=\"zh-CN\""));
    browser.post("/lang", &[("lang", "en"), ("back", "/")]).await;
    assert!(browser.get("/").await.body.contains("lang=\"en\""));
    browser.post("/lang", &[("lang", "zh"), ("back", "/")]).await;
    assert!(browser.get("/").await.body.contains("lang=\"zh-CN\""));
}

#[tokio::test]
async fn health_says_that_the_database_answers() {
    let exam = TestExam::start().await;
    assert_eq!(exam.browser().get("/health").await.status, 200);
    exam.store.close().await;
    assert_eq!(exam.browser().get("/health").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
