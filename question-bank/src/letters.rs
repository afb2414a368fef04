//! Option letters: `A` is option 0. Keys and responses share this one notation and nothing else.

/// The most options a question may have: a set of options is one byte.
pub(crate) const OPTIONS_MAX: u8 = 8;

/// The letter of an option, `A` for 0.
pub(crate) fn letter(option: u8) -> char {
    char::from(b'A' + option)
}

/// The letters of the options in a bitmask, ascending: `0b1101` is `ACD`.
pub(crate) fn write(mask: u8) -> String {
    (0..OPTIONS_MAX).filter(|option| mask & (1 << option) != 0).map(letter).collect()
}

/// Why letters could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LettersError {
    /// Not one of the letters of the options.
    NotAnOption(char),
    /// The letters don't ascend, or one stands twice.
    NotAscending,
}

/// Reads ascending, unique letters below `option_count` into a bitmask; the empty text is the empty set.
pub(crate) fn read(text: &str, option_count: u8) -> Result<u8, LettersError> {
    let mut mask = 0_u8;
    for character in text.chars() {
        let option = (0..option_count.min(OPTIONS_MAX))
            .find(|&option| letter(option) == character)
            .ok_or(LettersError::NotAnOption(character))?;
        let bit = 1_u8 << option;
        if mask >= bit {
            return Err(LettersError::NotAscending);
        }
        mask |= bit;
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_ascend_once_and_stay_inside() {
        assert_eq!(read("ACD", 4), Ok(0b1101));
        assert_eq!(read("", 4), Ok(0));
        assert_eq!(read("CA", 4), Err(LettersError::NotAscending));
        assert_eq!(read("AA", 4), Err(LettersError::NotAscending));
        assert_eq!(read("E", 4), Err(LettersError::NotAnOption('E')));
        assert_eq!(read("a", 4), Err(LettersError::NotAnOption('a')));
        assert_eq!(read("A B", 4), Err(LettersError::NotAnOption(' ')));
        assert_eq!(read("H", u8::MAX), Ok(0b1000_0000));
    }

    #[test]
    fn every_set_is_read_back() {
        for mask in 0..=u8::MAX {
            assert_eq!(read(&write(mask), OPTIONS_MAX), Ok(mask));
        }
    }
}
