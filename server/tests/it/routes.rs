//! Every route of the table asked as every role: whom it lets in, whom it leads to the door, whom it refuses.

use axum::http::{Method, StatusCode};
use kaochang::web::routes::{Access, Route, routes};
use kaochang_app::view::Role;

use crate::exam::{
    LEAD_MS, STANDARD, Setup, TestExam, bank,
    browser::{Answer, Browser},
    people::{Office, Proctor},
};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visitor {
    Nobody,
    Candidate,
    Staff(Role),
}

const VISITORS: [Visitor; 5] = [
    Visitor::Nobody,
    Visitor::Candidate,
    Visitor::Staff(Role::Proctor),
    Visitor::Staff(Role::Author),
    Visitor::Staff(Role::Office),
];

struct Doors {
    exam: TestExam,
    sitting: String,
    draft: String,
    candidate: Browser,
    proctor: Browser,
    author: Browser,
    office: Browser,
}

impl Doors {
    async fn open() -> Self {
        let exam = TestExam::of(Setup::short()).await;
        let candidate = exam.candidate(1).await;
        let proctor = exam.opened().await.browser;
        exam.pass(LEAD_MS).await;
        let author = exam.signed_in("author", 1).await.browser;
        let office = exam.signed_in("office", 1).await.browser;
        let mut planner = Office::sign_in(exam.browser(), "office").await;
        let draft = planner.draft(&Setup::short()).await;
        Self { draft, sitting: candidate.sitting.clone(), candidate: candidate.browser, proctor, author, office, exam }
    }

    /// The route's address with things that are there.
    fn path(&self, route: &Route) -> String {
        let question = bank::questions().into_keys().next().expect("a question");
        route
            .path
            .replace("{room}", &self.exam.rooms[&1])
            .replace("{session}", &self.exam.session)
            .replace("{draft}", &self.draft)
            .replace("{sitting}", &self.sitting)
            .replace("{standard}", STANDARD)
            .replace("{question}", &question)
            .replace("{name}", "app.css")
            .replace("{code}", &self.exam.centre.seat_codes(&self.exam.session).expect("codes")[2].2)
            // An act that needs no field to be understood, and changes nothing without one.
            .replace("{act}", "extend")
    }

    async fn ask(&self, visitor: Visitor, method: &Method, path: &str) -> Answer {
        let mut browser = match visitor {
            Visitor::Nobody => self.exam.browser(),
            Visitor::Candidate => self.candidate.clone(),
            Visitor::Staff(Role::Proctor) => self.proctor.clone(),
            Visitor::Staff(Role::Author) => self.author.clone(),
            Visitor::Staff(Role::Office) => self.office.clone(),
        };
        if path == "/staff/logout" && visitor != Visitor::Nobody && visitor != Visitor::Candidate {
            // A sign-in of its own, for this one ends it.
            let login = match visitor {
                Visitor::Staff(Role::Author) => "author",
                Visitor::Staff(Role::Office) => "office",
                _ => "p3",
            };
            browser = Proctor::sign_in(self.exam.browser(), login, "").await.browser;
        }
        browser.ask(method, path).await
    }
}

/// Led to the door: for a page by a redirect, for JSON by a status or an address.
fn is_led_to(answer: &Answer, door: &str) -> bool {
    answer.status == StatusCode::UNAUTHORIZED
        || (answer.status == StatusCode::SEE_OTHER && answer.to() == door)
        || answer.body == format!("{{\"go\":\"{door}\"}}")
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_lets_in_and_nobody_else() {
    let doors = Doors::open().await;
    let mut asked = 0;
    for route in routes() {
        let path = doors.path(&route);
        assert!(!path.contains('{'), "{route:?}: the test does not know what to put there");
        for method in route.verbs {
            for visitor in VISITORS {
                let answer = doors.ask(visitor, method, &path).await;
                let what = format!("{route:?} {method} as {visitor:?}: {} {:?}", answer.status, answer.location);
                assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{what}");
                assert_ne!(answer.status.as_u16() / 100, 5, "{what}");
                match (route.access, visitor) {
                    (Access::Public, _) => {
                        assert!(
                            answer.status != StatusCode::FORBIDDEN && answer.status != StatusCode::UNAUTHORIZED,
                            "{what}"
                        );
                    }
                    (Access::Candidate, Visitor::Candidate) => {
                        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{what}");
                        let back = answer.location.as_deref() == Some("/") && route.path != "/hand";
                        assert!(!back && answer.status != StatusCode::UNAUTHORIZED, "{what}");
                    }
                    (Access::Candidate, _) => assert!(is_led_to(&answer, "/"), "{what} {}", answer.body),
                    (Access::Staff(roles), Visitor::Staff(role)) if roles.contains(&role) => {
                        assert!(answer.status != StatusCode::FORBIDDEN, "{what}");
                        assert!(route.path == "/staff/logout" || !is_led_to(&answer, "/staff/login"), "{what}");
                    }
                    (Access::Staff(_), Visitor::Staff(_)) => assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}"),
                    (Access::Staff(_), _) => assert!(is_led_to(&answer, "/staff/login"), "{what}"),
                }
                asked += 1;
            }
        }
    }
    assert!(asked > 190, "{asked}");
}

#[tokio::test]
async fn an_act_that_is_none_is_not_found() {
    let doors = Doors::open().await;
    let room = &doors.exam.rooms[&1];
    for path in [format!("/rooms/{room}/explode"), format!("/rooms/{room}/sittings/{}/explode", doors.sitting)] {
        let answer = doors.ask(Visitor::Staff(Role::Proctor), &Method::POST, &path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_proctor_acts_on_candidates_of_the_own_room_alone() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 2, 1), (2, 2, 1)], ..Setup::short() }).await;
    let (_, other) = (exam.candidate(1).await, exam.candidate(2).await);
    let mut proctor = exam.opened().await;
    for (act, fields) in [
        ("absent", vec![]),
        ("note", vec![("text", "x")]),
        ("release", vec![]),
        ("move", vec![("seat", "2")]),
        ("hand-in", vec![("confirm", "yes"), ("reason", "x")]),
        ("lower-hand", vec![]),
    ] {
        assert_eq!(proctor.on(&other, act, &fields).await.status, 404, "{act} through one's own room");
        let there = format!("/rooms/{}/sittings/{}/{act}", exam.rooms[&2], other.sitting);
        assert_eq!(proctor.browser.post(&there, &fields).await.status, 403, "{act} in a room one is not in");
    }
    assert_eq!(exam.sitting(&other.sitting).await.phase, "present");
}

#[tokio::test]
async fn who_signed_out_or_changed_the_password_is_nobody() {
    let exam = TestExam::start().await;
    let mut office = exam.signed_in("office", 1).await.browser;
    let stolen = office.clone();
    assert_eq!(office.get("/staff").await.status, 200);
    assert_eq!(office.post("/staff/logout", &[]).await.to(), "/staff/login");
    assert_eq!(stolen.clone().get("/staff").await.to(), "/staff/login", "the token is dead, and not only the cookie");
    let mut again = exam.signed_in("office", 1).await.browser;
    exam.centre.set_password("office", "another-one").await.expect("a new password");
    assert_eq!(again.get("/staff").await.to(), "/staff/login");
    let mut late = Proctor::sign_in(exam.browser(), "author", "").await.browser;
    exam.slip(16 * 60 * 60_000);
    assert_eq!(late.get("/staff").await.to(), "/staff/login", "a sign-in lasts a day at most");
}

#[tokio::test]
async fn the_password_is_braked_by_account() {
    let exam = TestExam::start().await;
    let mut browser = exam.browser();
    let mut last = String::new();
    for _ in 0..12 {
        last = browser.post("/staff/login", &[("account", "nobody"), ("password", "guess")]).await.code().to_owned();
    }
    assert_eq!(last, "password_too_often");
    exam.signed_in("office", 1).await;
}
