use question_bank::question::Kind;
use crate::{view::Lang, wire::SaveRefusalCode};
pub fn kind_name(kind: Kind, _lang: Lang) -> &'static str { kind.code() }
pub fn block_title(kind: Kind, _lang: Lang) -> &'static str { kind.code() }
pub fn points(milli: u32, _lang: Lang) -> String { milli.to_string() }
pub fn true_false_options(_lang: Lang) -> [String; 2] { ["正确".into(), "错误".into()] }
pub fn save_refusal(code: SaveRefusalCode, _lang: Lang) -> String { format!("{code:?}") }
