//! Standards and questions. Keys are read by functions of their own, so that nothing brings one along by accident.

use std::collections::BTreeMap;

use question_bank::{
    key::Key,
    question::{Commentary, Kind, OptionOrder, Question, Revision, Tags},
    standard::Standard,
};
use serde::{Deserialize, Serialize};

use super::{
    StoreError, Tx, document, execute, execute_any, fetch_all, fetch_optional, inconsistent, natural, on_either,
};

#[derive(sqlx::FromRow)]
struct RevisionRow {
    question_id: String,
    revision: i64,
    standard_id: String,
    level: String,
    function_id: String,
    work_content: String,
    knowledge: String,
    kind: String,
    difficulty_permille: i64,
    document: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    stem: String,
    options: Vec<String>,
    order: OptionOrder,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    difficulty_at: BTreeMap<String, u32>,
}

/// A key with the question it belongs to.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Id of the question.
    pub question: String,
    /// Its revision.
    pub revision: u32,
    /// The key.
    pub key: Key,
}

/// Keeps a standard; one that is there already is replaced.
pub async fn put_standard(tx: &mut Tx, standard: &Standard, at_ms: i64) -> Result<(), StoreError> {
    let text = serde_json::to_string(standard).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    execute!(tx, PUT_STANDARD, rows = 1, &standard.id, standard.digest().to_string(), text, at_ms)
}

/// Every standard.
pub async fn standards(tx: &mut Tx) -> Result<Vec<Standard>, StoreError> {
    let rows: Vec<(String,)> = on_either!(tx, |conn| sqlx::query_as(STANDARDS).fetch_all(conn).await?);
    rows.iter().map(|(text,)| document(text)).collect()
}

/// Whether the stored revision has the same words and the same key; `None` where there is no such revision.
#[expect(clippy::disallowed_methods, reason = "the store writes keys down")]
pub async fn is_same(tx: &mut Tx, question: &Question) -> Result<Option<bool>, StoreError> {
    let (revision, number) = (&question.revision, i64::from(question.revision.revision));
    let stored: Option<(String, String)> = fetch_optional!(tx, SAME_AS, &revision.question, number);
    Ok(stored.map(|stored| stored == (revision.digest().to_string(), question.key.to_record())))
}

/// Keeps a new approved revision with its key; older approved revisions of the question are retired.
#[expect(clippy::disallowed_methods, reason = "the store writes keys down")]
pub async fn insert(tx: &mut Tx, question: &Question, public: bool, at_ms: i64) -> Result<(), StoreError> {
    let Question { revision, key, commentary } = question;
    let number = i64::from(revision.revision);
    let text = Document {
        stem: revision.stem.clone(),
        options: revision.options.clone(),
        order: revision.order,
        difficulty_at: revision.difficulty_at.clone(),
    };
    let json = |value| serde_json::Value::to_string(&value);
    let document = json(serde_json::to_value(&text).map_err(|error| StoreError::Inconsistent(error.to_string()))?);
    let commentary =
        json(serde_json::to_value(commentary).map_err(|error| StoreError::Inconsistent(error.to_string()))?);
    execute_any!(tx, RETIRE, &revision.question, number);
    let tags = &revision.tags;
    execute!(
        tx,
        INSERT,
        rows = 1,
        &revision.question,
        number,
        &tags.standard,
        &tags.level,
        &tags.function,
        &tags.work_content,
        &tags.knowledge,
        revision.kind.code(),
        "approved",
        public,
        i64::from(revision.difficulty_permille),
        document,
        commentary,
        revision.digest().to_string(),
        at_ms
    )?;
    execute!(tx, INSERT_KEY, rows = 1, &revision.question, number, key.to_record())
}

/// Approved questions of a standard: all, or only those that may be used where it counts.
pub async fn approved(tx: &mut Tx, standard: &str, with_public: bool) -> Result<Vec<Revision>, StoreError> {
    let rows: Vec<RevisionRow> = fetch_all!(tx, APPROVED, standard, with_public);
    rows.into_iter().map(RevisionRow::revision).collect()
}

/// One revision, whatever its status.
pub async fn revision(tx: &mut Tx, question: &str, revision: u32) -> Result<Option<Revision>, StoreError> {
    let row: Option<RevisionRow> = fetch_optional!(tx, BY_ID, question, i64::from(revision));
    row.map(RevisionRow::revision).transpose()
}

/// A question as its author sees it, newest approved revision, with key and commentary.
pub async fn for_author(tx: &mut Tx, question: &str) -> Result<Option<Question>, StoreError> {
    let row: Option<RevisionRow> = fetch_optional!(tx, NEWEST, question);
    let Some(row) = row else { return Ok(None) };
    let (question, number) = (row.question_id.clone(), row.revision);
    let revision = row.revision()?;
    let commentary: Option<(String,)> = fetch_optional!(tx, COMMENTARY, &question, number);
    let key: Option<(String,)> = fetch_optional!(tx, KEY, &question, number);
    let (Some((commentary,)), Some((key,))) = (commentary, key) else {
        return Err(inconsistent("a question without key or commentary"));
    };
    let key = Key::from_record(revision.kind, revision.option_count(), &key).map_err(|_| inconsistent("a key"))?;
    Ok(Some(Question { revision, key, commentary: document::<Commentary>(&commentary)? }))
}

/// Every revision used by a session's papers, whatever became of it since.
pub async fn of_standard(tx: &mut Tx, standard: &str) -> Result<Vec<Revision>, StoreError> {
    let rows: Vec<RevisionRow> = fetch_all!(tx, OF_STANDARD, standard);
    rows.into_iter().map(RevisionRow::revision).collect()
}

/// Every key of a standard's questions, for marking.
pub async fn keys(tx: &mut Tx, standard: &str) -> Result<Vec<KeyRow>, StoreError> {
    let rows: Vec<(String, i64, String, String, String)> = fetch_all!(tx, KEYS, standard);
    rows.into_iter()
        .map(|(question, revision, kind, text, record)| {
            let kind: Kind = kind.parse().map_err(|_| inconsistent("a kind"))?;
            let options = document::<Document>(&text)?.options.len();
            let options =
                if kind == Kind::TrueFalse { 2 } else { u8::try_from(options).map_err(|_| inconsistent("options"))? };
            let key = Key::from_record(kind, options, &record).map_err(|_| inconsistent("a key"))?;
            Ok(KeyRow { question, revision: natural(revision)?, key })
        })
        .collect()
}

impl RevisionRow {
    fn revision(self) -> Result<Revision, StoreError> {
        let text: Document = document(&self.document)?;
        Ok(Revision {
            question: self.question_id,
            revision: natural(self.revision)?,
            kind: self.kind.parse().map_err(|_| inconsistent("a kind"))?,
            tags: Tags {
                standard: self.standard_id,
                level: self.level,
                function: self.function_id,
                work_content: self.work_content,
                knowledge: self.knowledge,
            },
            stem: text.stem,
            options: text.options,
            order: text.order,
            difficulty_permille: natural(self.difficulty_permille)?,
            difficulty_at: text.difficulty_at,
        })
    }
}

const PUT_STANDARD: &str = "INSERT INTO standard (id, digest, document, loaded_at_ms) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, document = excluded.document, loaded_at_ms = excluded.loaded_at_ms";
const STANDARDS: &str = "SELECT document FROM standard ORDER BY id";
const SAME_AS: &str = "SELECT q.digest, k.key_record FROM question_revision q \
    JOIN question_key k ON k.question_id = q.question_id AND k.revision = q.revision \
    WHERE q.question_id = $1 AND q.revision = $2";
const RETIRE: &str =
    "UPDATE question_revision SET status = 'retired' WHERE question_id = $1 AND revision < $2 AND status = 'approved'";
const INSERT: &str = "INSERT INTO question_revision (question_id, revision, standard_id, level, function_id, work_content, \
    knowledge, kind, status, public, difficulty_permille, document, commentary, digest, loaded_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
const INSERT_KEY: &str = "INSERT INTO question_key (question_id, revision, key_record) VALUES ($1, $2, $3)";
const APPROVED: &str = "SELECT question_id, revision, standard_id, level, function_id, work_content, knowledge, kind, \
    difficulty_permille, document FROM question_revision \
    WHERE standard_id = $1 AND status = 'approved' AND ($2 OR NOT public) ORDER BY question_id";
const BY_ID: &str = "SELECT question_id, revision, standard_id, level, function_id, work_content, knowledge, kind, \
    difficulty_permille, document FROM question_revision WHERE question_id = $1 AND revision = $2";
const NEWEST: &str = "SELECT question_id, revision, standard_id, level, function_id, work_content, knowledge, kind, \
    difficulty_permille, document FROM question_revision WHERE question_id = $1 AND status = 'approved'";
const OF_STANDARD: &str = "SELECT question_id, revision, standard_id, level, function_id, work_content, knowledge, kind, \
    difficulty_permille, document FROM question_revision WHERE standard_id = $1";
const COMMENTARY: &str = "SELECT commentary FROM question_revision WHERE question_id = $1 AND revision = $2";
const KEY: &str = "SELECT key_record FROM question_key WHERE question_id = $1 AND revision = $2";
const KEYS: &str = "SELECT k.question_id, k.revision, q.kind, q.document, k.key_record FROM question_key k \
    JOIN question_revision q ON q.question_id = k.question_id AND q.revision = k.revision WHERE q.standard_id = $1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    PUT_STANDARD,
    STANDARDS,
    SAME_AS,
    RETIRE,
    INSERT,
    INSERT_KEY,
    APPROVED,
    BY_ID,
    NEWEST,
    OF_STANDARD,
    COMMENTARY,
    KEY,
    KEYS,
];
