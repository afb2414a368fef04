//! Papers of earlier sessions: what a new paper may share with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, DigestOf};

/// Papers of earlier sessions, as ids of questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierPapers {
    /// Each by its name, as [`crate::blueprint::Earlier`] names it.
    #[serde(default)]
    pub named: BTreeMap<String, Vec<String>>,
    /// What each re-sitter saw before, by the id of the new sitting; none of it stands on the new paper.
    #[serde(default)]
    pub seen: BTreeMap<String, Vec<String>>,
}

impl EarlierPapers {
    /// The digest of every list, in the order of the names.
    pub fn digest(&self) -> Digest {
        [&self.named, &self.seen]
            .into_iter()
            .fold(DigestOf::new("kaochang-earlier-papers/1"), |digest, lists| {
                lists.iter().fold(digest.count(lists.len()), |digest, (name, questions)| {
                    let digest = digest.text(name).count(questions.len());
                    questions.iter().fold(digest, |digest, question| digest.text(question))
                })
            })
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_digest_covers_every_field() {
        let list = || vec!["q1".to_owned(), "q2".to_owned()];
        let named = |name: &str, list| EarlierPapers { named: [(name.to_owned(), list)].into(), ..Default::default() };
        let variants = [
            EarlierPapers::default(),
            named("a", list()),
            named("b", list()),
            named("a", Vec::new()),
            named("a", vec!["q1q2".to_owned()]),
            EarlierPapers { seen: [("a".to_owned(), list())].into(), ..Default::default() },
        ];
        let digests: BTreeSet<_> = variants.iter().map(EarlierPapers::digest).collect();
        assert_eq!(digests.len(), variants.len());
    }
}
