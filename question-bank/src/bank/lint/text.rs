//! Looking at texts as a proof-reader does: what stands outside code, how long it is, what it asks for.

/// The text without its fenced code blocks.
pub(super) fn outside_code(text: &str) -> String {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The text without white space and the marks of Markdown.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace() && !matches!(character, '*' | '`')).collect()
}

/// How many characters a reader sees.
pub(super) fn characters(text: &str) -> usize {
    plain(text).chars().count()
}

/// Words that turn a demand round.
const NEGATIVES: [&str; 11] =
    ["不正确", "错误的是", "错误的有", "不属于", "不包括", "不能", "不应", "不宜", "不是", "不符合", "不可取"];
/// After such a word a demand ends within so many characters.
const DEMAND_MAX: usize = 12;

/// Whether the last sentence of a stem asks for what is not so, without a word in bold.
pub(super) fn demand_is_negative(stem: &str) -> bool {
    let stem = outside_code(stem);
    let Some(demand) = stem.split(['。', '\n']).rfind(|sentence| !sentence.trim().is_empty()) else { return false };
    let asks = |rest: &str| {
        let ends = ["是", "有", "？", "?", "（", "("];
        !rest.contains('，')
            && rest.chars().count() <= DEMAND_MAX
            && (rest.is_empty() || ends.iter().any(|end| rest.contains(end)))
    };
    let negative = NEGATIVES.iter().any(|word| demand.rfind(word).is_some_and(|at| asks(&demand[at + word.len()..])));
    negative && !demand.contains("**")
}

/// Whether an explanation calls an option by its letter.
pub(super) fn names_a_letter(explanation: &str) -> bool {
    let characters: Vec<char> = plain(explanation).chars().collect();
    let is_letter = |at: usize| {
        let alone = |at: Option<&char>| at.is_none_or(|character| !character.is_ascii_alphanumeric());
        characters.get(at).is_some_and(|one| ('A'..='F').contains(one))
            && alone(characters.get(at + 1))
            && (at == 0 || alone(characters.get(at - 1)))
    };
    let says = |at: usize, words: &str| words.chars().enumerate().all(|(i, one)| characters.get(at + i) == Some(&one));
    (0..characters.len()).any(|at| {
        is_letter(at) && (says(at + 1, "选项") || says(at + 1, "项") && !says(at + 1, "项目"))
            || says(at, "选项") && is_letter(at + 2)
            || says(at, "故选") && is_letter(at + 2)
            || says(at, "答案是") && is_letter(at + 3)
    })
}

/// A text that is a number, thousands set off or not, with a short unit after it.
pub(super) fn number(text: &str) -> Option<(f64, String)> {
    const UNIT_MAX: usize = 8;
    let end = text.find(|one: char| !one.is_ascii_digit() && one != '.' && one != ',').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let value: f64 = digits.replace(',', "").parse().ok()?;
    let is_unit = unit.chars().count() <= UNIT_MAX && !unit.chars().any(|one| one.is_ascii_digit());
    is_unit.then(|| (value, unit.to_owned()))
}
