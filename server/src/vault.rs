//! What must not lie open in the database: ID numbers are encrypted, and found by a keyed blind index. The keys live in a
//! file outside the database; without it the numbers can't be read, and a lost file means entering the roster anew.

use std::{
    fmt,
    io::{self, Write},
    path::Path,
};

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use question_bank::digest::{Digest, DigestOf};
use sha2::{Digest as _, Sha256};

use crate::world::{World, hex, unhex};

const NONCE_BYTES: usize = 12;

/// The keys.
#[derive(Clone)]
pub struct Vault {
    seal: [u8; 32],
    index: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// Reads the keys from a file, or makes both on the first start. The file is readable by its owner alone.
    pub fn open(file: &Path, world: &dyn World) -> io::Result<Self> {
        if let Some(vault) = Self::read(file)? {
            return Ok(vault);
        }
        let mut bytes = [0; 64];
        world.fill(&mut bytes);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut created = options.open(file)?;
        writeln!(created, "{}", hex(&bytes))?;
        created.sync_all()?;
        Ok(Self::parse(&hex(&bytes)).expect("what was just made can be read"))
    }

    /// Reads the keys from a file, if it is there.
    pub fn read(file: &Path) -> io::Result<Option<Self>> {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(text.trim()).map(Some).ok_or_else(damaged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = unhex(text)?;
        let (seal, index) = bytes.split_at_checked(32)?;
        Some(Self { seal: seal.try_into().ok()?, index: index.try_into().ok()? })
    }

    /// Twelve hex digits that tell these keys from others and nothing else: a backup names by them the keys it needs.
    pub fn check(&self) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.index).expect("any length is a key");
        mac.update(b"kaochang/key-check/1");
        mac.update(&Sha256::digest(self.seal));
        hex(&mac.finalize().into_bytes()[..6])
    }

    /// Encrypts a text (ChaCha20-Poly1305, RFC 8439) bound to `context`: a nonce and the ciphertext, hex.
    pub fn seal(&self, text: &str, context: &str, world: &dyn World) -> String {
        let mut nonce = [0; NONCE_BYTES];
        world.fill(&mut nonce);
        let cipher = ChaCha20Poly1305::new(&self.seal.into());
        let payload = Payload { msg: text.as_bytes(), aad: context.as_bytes() };
        let sealed = cipher.encrypt(&nonce.into(), payload).expect("a short text can be encrypted");
        hex(&nonce) + &hex(&sealed)
    }

    /// Decrypts what [`Vault::seal`] made for the same context.
    pub fn unseal(&self, sealed: &str, context: &str) -> Option<String> {
        let bytes = unhex(sealed)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        String::from_utf8(ChaCha20Poly1305::new(&self.seal.into()).decrypt(&nonce.into(), payload).ok()?).ok()
    }

    /// Blind index of an ID number: HMAC-SHA-256 of its canonical form. Equal numbers have equal indexes, and without the
    /// key nobody can try numbers.
    pub fn index(&self, id_number: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.index).expect("any length is a key");
        mac.update(canonical_id(id_number).as_bytes());
        hex(&mac.finalize().into_bytes())
    }

    /// Binds a sitting to a candidate without naming them: HMAC-SHA-256 over the sitting's id, the admission number and the
    /// ID number's canonical form. It is published; only who has the key can say whose it is.
    pub fn candidate(&self, admission_no: &str, id_number: &str, sitting: &str) -> Digest {
        let fields =
            DigestOf::new("kaochang/candidate/1").text(sitting).text(admission_no).text(&canonical_id(id_number));
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.index).expect("any length is a key");
        mac.update(fields.finish().as_bytes());
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the key file is damaged; restore it from its backup")
}

/// An ID number as it is compared: without spaces, X in upper case.
pub fn canonical_id(id_number: &str) -> String {
    id_number.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// An ID number as it is shown: its first and last four characters.
pub fn masked_id(id_number: &str) -> String {
    let chars: Vec<char> = canonical_id(id_number).chars().collect();
    let ends = if chars.len() > 8 { 4 } else { 1 };
    chars.iter().enumerate().map(|(at, c)| if at < ends || at + ends >= chars.len() { *c } else { '*' }).collect()
}

/// Hash under which a token is kept: whoever reads the database can't use it.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::RealWorld;

    fn vault(byte: u8) -> Vault {
        Vault { seal: [byte; 32], index: [byte; 32] }
    }

    #[test]
    fn opens_only_what_was_sealed_for_the_same_context_and_key() {
        let world = RealWorld::new();
        let sealed = vault(1).seal("110101199001010017", "sitting-1", &world);
        assert!(!sealed.contains("110101"));
        assert_eq!(vault(1).unseal(&sealed, "sitting-1").as_deref(), Some("110101199001010017"));
        assert_eq!(vault(1).unseal(&sealed, "sitting-2"), None);
        assert_eq!(vault(2).unseal(&sealed, "sitting-1"), None);
        assert_ne!(sealed, vault(1).seal("110101199001010017", "sitting-1", &world), "each has a nonce of its own");
    }

    #[test]
    fn index_is_of_the_number_and_not_of_its_spelling() {
        assert_eq!(vault(1).index("11010119900101001x"), vault(1).index(" 110101 19900101 001X"));
        assert_ne!(vault(1).index("110101199001010017"), vault(1).index("110101199001010025"));
        assert_ne!(vault(1).index("110101199001010017"), vault(2).index("110101199001010017"));
    }

    #[test]
    fn a_candidate_is_bound_to_the_sitting_and_named_to_nobody() {
        let of = |byte, admission_no, id_number, sitting| vault(byte).candidate(admission_no, id_number, sitting);
        let one = of(1, "1", "11010119900101001x", "s");
        assert_eq!(one, of(1, "1", " 11010119900101001X", "s"));
        for other in [
            of(2, "1", "11010119900101001x", "s"),
            of(1, "2", "11010119900101001x", "s"),
            of(1, "1", "110101199001010017", "s"),
            of(1, "1", "11010119900101001x", "t"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_check_is_of_both_keys() {
        let keys = |seal, index| Vault { seal: [seal; 32], index: [index; 32] }.check();
        assert_eq!(keys(1, 1), keys(1, 1));
        assert_ne!(keys(1, 1), keys(2, 1));
        assert_ne!(keys(1, 1), keys(1, 2));
    }

    #[test]
    fn masks_all_but_the_ends() {
        assert_eq!(masked_id("11010119900101001x"), "1101**********001X");
        assert_eq!(masked_id("E1234567"), "E******7");
        assert_eq!(masked_id(""), "");
    }

    #[test]
    fn the_key_file_is_made_once_and_refused_when_damaged() {
        let folder = std::env::temp_dir().join(crate::world::new_id(&RealWorld::new()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("vault.key");
        let first = Vault::open(&file, &RealWorld::new()).unwrap();
        let second = Vault::open(&file, &RealWorld::new()).unwrap();
        assert_eq!(first.index("1"), second.index("1"));
        std::fs::write(&file, "00").unwrap();
        assert!(Vault::open(&file, &RealWorld::new()).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
