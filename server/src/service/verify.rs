//! Checks that the record is what was written: every chain row by row, and every ledger row, response, paper and score
//! against the chain. It reads the store alone, trusts nothing in memory, and names the row that does not fit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use delivery::{ledger::Cause, session::Terms};
use question_bank::{
    blueprint::Blueprint,
    checker::Conformance,
    digest::Digest,
    marking,
    paper::{Item, Paper},
};
use serde_json::Value;

use super::session::papers_digest;
use crate::store::{
    Store, StoreError, Tx,
    audit::{self, Row},
    backup::damage,
    evidence, paper, response, room as rooms, score, session as sessions, sitting as sittings, void,
    void::VoidRow,
};

/// A head as it was printed on a room's record: chain (session id), row number and the first digits of its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedHead {
    /// Number of the row.
    pub row_no: i64,
    /// First hex digits of its hash.
    pub hash: String,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains looked at.
    pub chains: usize,
    /// Rows looked at, of every kind.
    pub rows: usize,
    /// What does not fit, each naming its row.
    pub problems: Vec<String>,
}

impl PrintedHead {
    /// Reads `214:9f2c51d07ab3`.
    pub fn parse(text: &str) -> Option<Self> {
        let (row_no, hash) = text.trim().split_once(':')?;
        let hash = hash.trim().to_lowercase();
        let long_enough = hash.len() >= 8 && hash.chars().all(|c| c.is_ascii_hexdigit());
        Some(Self { row_no: row_no.trim().parse().ok()?, hash }).filter(|_| long_enough)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "✗ {problem}")?;
        }
        write!(f, "{} chains, {} rows, {} problems", self.chains, self.rows, self.problems.len())
    }
}

/// Verifies every chain, or one session's with the head that was printed for it.
pub async fn verify(store: &Store, session: Option<&str>, printed: Option<&PrintedHead>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut tx = store.read().await?;
    if session.is_none() {
        let damage = damage(&mut tx).await?.into_iter();
        report.problems.extend(damage.map(|what| format!("the database's file is damaged: {what}")));
    }
    let sessions: BTreeSet<String> = sessions::all(&mut tx).await?.into_iter().map(|session| session.id).collect();
    let mut chains: BTreeSet<String> = audit::chains(&mut tx).await?.into_iter().collect();
    chains.extend(sessions.iter().cloned());
    if let Some(session) = session {
        if !sessions.contains(session) {
            report.problems.push(format!("there is no session {session}"));
        }
        chains.retain(|chain| chain == session);
    }
    for chain in chains {
        let rows = audit::rows(&mut tx, &chain).await?;
        report.chains += 1;
        report.rows += rows.len();
        let head = match audit::read_head(&mut tx, &chain).await {
            Err(StoreError::Inconsistent(what)) => {
                report.problems.push(what);
                audit::Head { row_no: 0, hash: audit::genesis(&chain) }
            }
            head => head?,
        };
        check_chain(&chain, &rows, &head, printed.filter(|_| session.is_some()), &mut report.problems);
        if sessions.contains(&chain) {
            Session { id: &chain, facts: facts(&rows) }.check(&mut tx, &mut report).await?;
        }
    }
    Ok(report)
}

fn check_chain(
    chain: &str,
    rows: &[Row],
    head: &audit::Head,
    printed: Option<&PrintedHead>,
    problems: &mut Vec<String>,
) {
    let mut previous = audit::genesis(chain).to_string();
    for (expected, row) in (1..).zip(rows) {
        let at = format!("audit row {} of chain {chain} ({}, {})", row.row_no, row.act, row.actor);
        if row.row_no != expected {
            problems.push(format!("audit row {expected} of chain {chain} is missing; the next is {}", row.row_no));
            break;
        }
        if row.previous_hash != previous {
            problems.push(format!("{at}: does not follow the row before it"));
        }
        if row.hash != audit::hash_of(chain, row).to_string() {
            problems.push(format!("{at}: was changed after it was written"));
        }
        previous.clone_from(&row.hash);
    }
    let last = rows.last().map_or(0, |row| row.row_no);
    if head.row_no != last || (last > 0 && head.hash.to_string() != previous) {
        problems.push(format!(
            "chain {chain} ends at audit row {last}, but its head says row {}: its tail was cut or its head changed",
            head.row_no
        ));
    }
    if let Some(printed) = printed {
        match rows.iter().find(|row| row.row_no == printed.row_no) {
            None => problems.push(format!(
                "chain {chain} ends at audit row {last}, but the printed record names row {}: the tail after row {last} was cut",
                printed.row_no
            )),
            Some(row) if !row.hash.starts_with(&printed.hash) => {
                problems.push(format!("audit row {} of chain {chain}: is not the row that was printed", row.row_no));
            }
            Some(_) => {}
        }
    }
}

/// What the chain says of a session's other tables.
#[derive(Default)]
struct Facts {
    papers: Option<String>,
    /// Over the reserves; nothing for sessions drawn before there were any.
    reserves: Option<String>,
    /// What was committed to, by the name of its field.
    committed: BTreeMap<&'static str, String>,
    /// Sitting of a late candidate → digest of its paper.
    added: BTreeMap<String, String>,
    /// Sitting and row → hash.
    ledger: BTreeMap<(String, i64), String>,
    /// Room and number → the pause, as its two rows tell it.
    pauses: BTreeMap<(String, i64), Pause>,
    /// Sitting and row of the grants that are pauses → when, and how long.
    pause_grants: Vec<(String, i64, i64, i64)>,
    /// Sitting → facts of its hand-in.
    closed: BTreeMap<String, Value>,
    /// Sitting and version → hash.
    scores: BTreeMap<(String, i64), String>,
    /// Question and revision that count for nobody.
    void: BTreeMap<(String, i64), VoidRow>,
}

/// What the chain says of a pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Pause {
    reason: String,
    by: String,
    since_clock_ms: i64,
    since_at_ms: i64,
    /// By whom, exam clock, wall time.
    end: Option<(String, i64, i64)>,
}

/// What the session's first row says of the inputs of the draw.
const COMMITTED: [&str; 6] = ["commitment", "engine", "blueprint", "snapshot", "roster", "earlier"];

fn facts(rows: &[Row]) -> Facts {
    let mut facts = Facts::default();
    for row in rows {
        let Ok(detail) = serde_json::from_str::<Value>(&row.detail) else { continue };
        let text = |field: &str| detail.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |field: &str| detail.get(field).and_then(Value::as_i64).unwrap_or_default();
        match row.act.as_str() {
            "session.created" => {
                facts.papers = Some(text("papers"));
                facts.reserves = detail.get("reserve_papers").and_then(Value::as_str).map(str::to_owned);
                facts.committed = COMMITTED.into_iter().map(|field| (field, text(field))).collect();
            }
            "sitting.added" => {
                facts.added.insert(row.subject.clone(), text("paper"));
            }
            "ledger.granted" => {
                let row_no = number("row");
                facts.ledger.insert((row.subject.clone(), row_no), text("hash"));
                if text("cause") == Cause::Pause.code() {
                    facts.pause_grants.push((row.subject.clone(), row_no, row.at_ms, number("ms")));
                }
            }
            "room.paused" => {
                let pause = Pause {
                    reason: text("reason"),
                    by: row.actor.clone(),
                    since_clock_ms: number("clock_ms"),
                    since_at_ms: row.at_ms,
                    end: None,
                };
                facts.pauses.insert((row.subject.clone(), number("number")), pause);
            }
            "room.resumed" | "room.pause-ended" => {
                let pause = facts.pauses.entry((row.subject.clone(), number("number"))).or_default();
                pause.end = Some((row.actor.clone(), number("until_clock_ms"), row.at_ms));
            }
            "question.voided" => {
                let void = VoidRow {
                    question_id: text("question"),
                    revision: number("revision"),
                    reason: text("reason"),
                    voided_by: row.actor.clone(),
                    confirmed_by: text("confirmed_by"),
                    clock_ms: number("clock_ms"),
                    at_ms: row.at_ms,
                };
                facts.void.insert((void.question_id.clone(), void.revision), void);
            }
            "sitting.remarked" => {
                facts.scores.insert((row.subject.clone(), number("version")), text("score"));
            }
            "sitting.closed" => {
                facts.scores.insert((row.subject.clone(), 1), text("score"));
                facts.closed.insert(row.subject.clone(), detail);
            }
            _ => {}
        }
    }
    facts
}

/// A row that can't even be read is a problem to be told like any other, and no reason to look no further.
fn told(checked: Result<(), StoreError>, report: &mut Report) -> Result<(), StoreError> {
    match checked {
        Err(StoreError::Inconsistent(what)) => report.problems.push(what),
        checked => checked?,
    }
    Ok(())
}

struct Session<'a> {
    id: &'a str,
    facts: Facts,
}

impl Session<'_> {
    async fn check(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let ledger = self.check_ledger(tx, report).await;
        told(ledger, report)?;
        let pauses = self.check_pauses(tx, report).await;
        told(pauses, report)?;
        let responses = self.check_responses(tx, report).await;
        told(responses, report)?;
        let log = self.check_answer_log(tx, report).await;
        told(log, report)?;
        let papers = self.check_papers(tx, report).await;
        told(papers, report)?;
        let reserves = self.check_reserves(tx, report).await;
        told(reserves, report)?;
        let inputs = self.check_inputs(tx, report).await;
        told(inputs, report)?;
        let void = self.check_void(tx, report).await;
        told(void, report)?;
        let scores = self.check_scores(tx, report).await;
        told(scores, report)
    }

    async fn check_ledger(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut promised = self.facts.ledger.clone();
        for stored in sittings::ledger(tx, self.id).await? {
            report.rows += 1;
            let at = format!("ledger row {} of sitting {} (session {})", stored.row.row_no, stored.sitting, self.id);
            let hash = sittings::ledger_hash(self.id, &stored.sitting, &stored.row).to_string();
            match promised.remove(&(stored.sitting.clone(), stored.row.row_no)) {
                None => report.problems.push(format!("{at}: the audit chain knows nothing of it")),
                Some(audited) if audited != hash || stored.hash != hash => {
                    report.problems.push(format!("{at}: was changed after it was written"));
                }
                Some(_) => {}
            }
        }
        for (sitting, row_no) in promised.into_keys() {
            report.problems.push(format!("ledger row {row_no} of sitting {sitting} (session {}): is missing", self.id));
        }
        Ok(())
    }

    /// Each pause is as the chain tells it, and whoever was granted one was granted exactly that.
    async fn check_pauses(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut promised = self.facts.pauses.clone();
        for row in rooms::pauses(tx, self.id).await? {
            report.rows += 1;
            let at = format!("pause {} of room {} (session {})", row.number, row.room_id, self.id);
            let stands = Pause {
                reason: row.reason,
                by: row.paused_by,
                since_clock_ms: row.since_clock_ms,
                since_at_ms: row.since_at_ms,
                end: row.ended_by.zip(row.until_clock_ms).zip(row.until_at_ms).map(|((by, clock), at)| (by, clock, at)),
            };
            match promised.remove(&(row.room_id, row.number)) {
                None => report.problems.push(format!("{at}: the audit chain knows nothing of it")),
                Some(told) if told != stands => {
                    report.problems.push(format!("{at}: was changed after it was written"));
                }
                Some(_) => {}
            }
        }
        for (room, number) in promised.into_keys() {
            report.problems.push(format!("pause {number} of room {room} (session {}): is missing", self.id));
        }
        let rooms: BTreeMap<String, String> =
            sittings::of_session(tx, self.id).await?.into_iter().map(|row| (row.id, row.room_id)).collect();
        for (sitting, row_no, at_ms, grant_ms) in &self.facts.pause_grants {
            let mut its = self.facts.pauses.iter().filter(|((room, _), _)| rooms.get(sitting) == Some(room));
            let fits = its.any(|(_, pause)| {
                pause
                    .end
                    .as_ref()
                    .is_some_and(|(_, until, at)| at == at_ms && until - pause.since_clock_ms == *grant_ms)
            });
            if !fits {
                report.problems.push(format!(
                    "ledger row {row_no} of sitting {sitting} (session {}): no pause of its room was as long",
                    self.id
                ));
            }
        }
        Ok(())
    }

    async fn check_responses(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut by_sitting: BTreeMap<String, Vec<response::ResponseRow>> = BTreeMap::new();
        for row in response::of_session(tx, self.id).await? {
            report.rows += 1;
            if row.hash != response::hash_of(&row).to_string() {
                report.problems.push(format!(
                    "response to question {} of sitting {} (session {}): was changed after it was written",
                    row.position, row.sitting_id, self.id
                ));
            }
            by_sitting.entry(row.sitting_id.clone()).or_default().push(row);
        }
        for (sitting, facts) in &self.facts.closed {
            let rows = by_sitting.remove(sitting).unwrap_or_default();
            let had: Vec<i64> = facts
                .get("positions")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_i64)
                .collect();
            let has: Vec<i64> = rows.iter().map(|row| row.position).collect();
            for position in had.iter().filter(|position| !has.contains(position)) {
                report.problems.push(format!(
                    "response to question {position} of sitting {sitting} (session {}): is missing",
                    self.id
                ));
            }
            for position in has.iter().filter(|position| !had.contains(position)) {
                report.problems.push(format!(
                    "response to question {position} of sitting {sitting} (session {}): came after the hand-in",
                    self.id
                ));
            }
            if facts.get("responses").and_then(Value::as_str) != Some(response::digest_of(&rows).to_string().as_str()) {
                report.problems.push(format!(
                    "responses of sitting {sitting} (session {}): are not those of the hand-in",
                    self.id
                ));
            }
        }
        Ok(())
    }

    /// What stands is what the answer log says, and what it says stands.
    async fn check_answer_log(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let log = response::log_of_session(tx, self.id).await?;
        report.rows += log.len();
        let mut standing = response::standing(log);
        for row in response::of_session(tx, self.id).await? {
            let logged = standing.remove(&(row.sitting_id.clone(), row.position)).unwrap_or_default();
            if !logged.contains(&row) {
                report.problems.push(format!(
                    "response to question {} of sitting {} (session {}): is not what the answer log says",
                    row.position, row.sitting_id, self.id
                ));
            }
        }
        for (sitting, position) in standing.into_keys() {
            report.problems.push(format!(
                "response to question {position} of sitting {sitting} (session {}): stands in the answer log and nowhere else",
                self.id
            ));
        }
        Ok(())
    }

    async fn check_papers(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut digests: Vec<(String, Digest)> = Vec::new();
        for row in paper::rows(tx, self.id).await? {
            report.rows += 1;
            let paper: Option<Paper> = serde_json::from_str(&row.document).ok();
            let fits = paper.as_ref().is_some_and(|its| is_told(its, &row.digest, &row.conformance));
            let added = self.facts.added.get(&row.sitting_id);
            if !fits || added.is_some_and(|digest| *digest != row.digest) {
                report.problems.push(format!(
                    "paper of sitting {} (session {}): was changed after it was drawn",
                    row.sitting_id, self.id
                ));
            }
            if added.is_none() {
                digests.extend(paper.map(|paper| (row.sitting_id, paper.digest())));
            }
        }
        let digest = papers_digest(digests.iter().map(|(id, digest)| (id.as_str(), *digest))).to_string();
        if self.facts.papers.as_deref() != Some(digest.as_str()) {
            report.problems.push(format!("papers of session {}: are not those it was made with", self.id));
        }
        Ok(())
    }

    async fn check_reserves(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut digests: Vec<(String, Digest)> = Vec::new();
        for row in evidence::rows(tx, self.id).await? {
            report.rows += 1;
            let at = format!("reserve {} (sitting {}, session {})", row.number, row.sitting_id, self.id);
            let paper: Option<Paper> = serde_json::from_str(&row.document).ok();
            if !paper.as_ref().is_some_and(|its| is_told(its, &row.digest, &row.conformance)) {
                report.problems.push(format!("{at}: was changed after it was drawn"));
            }
            if row.used_at_ms.is_some() != self.facts.added.contains_key(&row.sitting_id) {
                report.problems.push(format!("{at}: the audit chain tells otherwise whether it is used"));
            }
            digests.extend(paper.map(|paper| (row.sitting_id, paper.digest())));
        }
        let digest = papers_digest(digests.iter().map(|(id, digest)| (id.as_str(), *digest))).to_string();
        let fits = self.facts.reserves.as_ref().map_or(digests.is_empty(), |told| *told == digest);
        if !fits {
            report.problems.push(format!("reserves of session {}: are not those it was made with", self.id));
        }
        Ok(())
    }

    /// What the papers follow from is what was committed to.
    async fn check_inputs(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let Some(row) = sessions::by_id(tx, self.id).await? else { return Ok(()) };
        let mut stands = vec![
            ("commitment", row.commitment),
            ("engine", row.engine),
            ("blueprint", row.blueprint_digest.clone()),
            ("snapshot", row.snapshot_digest),
            ("roster", row.roster_digest),
        ];
        let blueprint: Option<Blueprint> = serde_json::from_str(&row.blueprint).ok();
        match evidence::inputs(tx, self.id).await? {
            Some(inputs) => {
                stands.push(("blueprint", blueprint.map(|its| its.digest().to_string()).unwrap_or_default()));
                stands.push(("snapshot", inputs.snapshot.digest().to_string()));
                stands.push(("roster", inputs.roster.digest().to_string()));
                stands.push(("earlier", inputs.earlier.digest().to_string()));
            }
            None if self.facts.reserves.is_some() => {
                report.problems.push(format!("what session {} was drawn from: is missing", self.id));
            }
            None => {}
        }
        report.rows += 1;
        let wrong: BTreeSet<&str> = stands
            .iter()
            .filter(|(field, its)| self.facts.committed.get(field) != Some(its))
            .map(|(f, _)| *f)
            .collect();
        for field in wrong {
            report.problems.push(format!("{field} of session {}: is not what was committed to", self.id));
        }
        Ok(())
    }

    /// What counts for nobody is what two people voided.
    async fn check_void(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut promised = self.facts.void.clone();
        for row in void::of_session(tx, self.id).await? {
            report.rows += 1;
            let at = format!("voided question {} (session {})", row.question_id, self.id);
            match promised.remove(&(row.question_id.clone(), row.revision)) {
                None => report.problems.push(format!("{at}: the audit chain knows nothing of it")),
                Some(told) if told != row => {
                    report.problems.push(format!("{at}: was changed after it was written"));
                }
                Some(_) => {}
            }
        }
        for (question, _) in promised.into_keys() {
            report.problems.push(format!("voided question {question} (session {}): is missing", self.id));
        }
        Ok(())
    }

    async fn check_scores(&self, tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
        let mut promised = self.facts.scores.clone();
        let rows = score::rows(tx, self.id).await?;
        report.rows += rows.len();
        self.check_arithmetic(tx, &rows, report).await?;
        let mut strange = Vec::new();
        for row in rows {
            match promised.remove(&(row.sitting_id.clone(), row.version)) {
                None => strange.push(row),
                Some(audited) => self.check_score(&row, &audited, report),
            }
        }
        for row in strange {
            // A version that nobody has told of may be one of those that are missing.
            let missing = promised.keys().find(|(sitting, _)| *sitting == row.sitting_id).cloned();
            match missing.and_then(|missing| promised.remove(&missing)) {
                Some(audited) => self.check_score(&row, &audited, report),
                None => report.problems.push(format!(
                    "score {} of sitting {} (session {}): the audit chain knows nothing of it",
                    row.version, row.sitting_id, self.id
                )),
            }
        }
        for (sitting, version) in promised.into_keys() {
            let which = if version == 1 { "score".to_owned() } else { format!("score {version}") };
            report.problems.push(format!("{which} of sitting {sitting} (session {}): is missing", self.id));
        }
        Ok(())
    }

    fn check_score(&self, row: &score::ScoreRow, audited: &str, report: &mut Report) {
        if score::hash_of(self.id, row).to_string() != audited {
            let of = if row.version == 1 { "the hand-in" } else { "the act that marked it anew" };
            let score::ScoreRow { version, sitting_id, .. } = row;
            report
                .problems
                .push(format!("score {version} of sitting {sitting_id} (session {}): is not that of {of}", self.id));
        }
    }

    /// The newest score of each sitting is what its marks come to, without what counts for nobody.
    async fn check_arithmetic(
        &self,
        tx: &mut Tx,
        rows: &[score::ScoreRow],
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let Some(session) = sessions::by_id(tx, self.id).await? else { return Ok(()) };
        let Ok(terms) = serde_json::from_str::<Terms>(&session.terms) else { return Ok(()) };
        let papers: BTreeMap<String, Paper> = paper::rows(tx, self.id)
            .await?
            .into_iter()
            .filter_map(|row| Some((row.sitting_id, serde_json::from_str(&row.document).ok()?)))
            .collect();
        let newest: BTreeMap<&str, &score::ScoreRow> = rows.iter().map(|row| (row.sitting_id.as_str(), row)).collect();
        let void = |item: &Item| self.facts.void.contains_key(&(item.question.clone(), i64::from(item.revision)));
        for (sitting, row) in newest {
            let marks = serde_json::from_str::<Vec<u32>>(&row.marks).ok();
            // What can't be read does not bear its hash either, and is told by that.
            let (Some(marks), Some(paper)) = (marks, papers.get(sitting)) else { continue };
            let comes_to = marking::score_without(paper.items.iter().zip(marks), void, terms.pass_points);
            let by_function = serde_json::to_string(&comes_to.by_function).unwrap_or_default();
            let fits = (i64::from(comes_to.total_milli), i64::from(comes_to.max_milli), comes_to.passed, by_function)
                == (row.total_milli, row.max_milli, row.passed, row.by_function.clone());
            if !fits {
                report.problems.push(format!(
                    "score {} of sitting {sitting} (session {}): its marks come to {} of {} thousandths",
                    row.version, self.id, comes_to.total_milli, comes_to.max_milli
                ));
            }
        }
        Ok(())
    }
}

/// Whether digest and statement beside a paper say what is on it.
fn is_told(paper: &Paper, digest: &str, conformance: &str) -> bool {
    let Ok(told) = serde_json::from_str::<Conformance>(conformance) else { return false };
    let (mut functions, mut kinds) = (BTreeMap::<&str, u32>::new(), BTreeMap::<&str, u32>::new());
    for item in &paper.items {
        *functions.entry(&item.function).or_default() += item.points_milli;
        *kinds.entry(item.kind.code()).or_default() += 1;
    }
    let told_functions: BTreeMap<&str, u32> =
        told.by_function.iter().map(|(id, milli)| (id.as_str(), *milli)).collect();
    let told_kinds: BTreeMap<&str, u32> = told.by_kind.iter().map(|(kind, count)| (kind.code(), *count)).collect();
    digest == paper.digest().to_string()
        && told.paper == paper.digest()
        && usize::try_from(told.questions).is_ok_and(|count| count == paper.items.len())
        && told.total_milli == functions.values().sum::<u32>()
        && (told_functions, told_kinds) == (functions, kinds)
}

#[cfg(test)]
mod tests;
