//! The text of an answer: words as a model might say them, drawn from a seed.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// What is drawn from. Some are not ASCII, and one needs escaping in JSON: a client that counts bytes for characters, or
/// looks for quotes, is found out.
const WORDS: [&str; 48] = [
    "the", "a", "of", "and", "to", "in", "is", "that", "with", "for", "as", "on", "water", "river",
    "weir", "flow", "level", "stream", "event", "token", "answer", "model", "measure", "gauge",
    "depth", "bank", "gate", "lock", "over", "under", "before", "after", "every", "slow", "quick",
    "even", "steady", "rises", "falls", "holds", "carries", "café", "naïve", "größer", "堰",
    "река", "🌊", "\"dam\"",
];

/// A text of so many tokens. A token is a word, with the space before it.
#[derive(Debug)]
pub(super) struct Text {
    text: String,
    /// Where each token ends.
    ends: Box<[usize]>,
}

impl Text {
    /// The text of `seed`, cut after `tokens`: a longer one begins with a shorter one.
    pub(super) fn new(seed: u64, tokens: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut text = String::new();
        let ends = (0..tokens)
            .map(|number| {
                if number > 0 {
                    text.push(' ');
                }
                text.push_str(WORDS[random.random_range(0..WORDS.len())]);
                text.len()
            })
            .collect();
        Self { text, ends }
    }

    /// All of it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The `number`th (from 0) of its pieces of `tokens` each; the last one may have fewer.
    pub(super) fn piece(&self, number: u64, tokens: u64) -> &str {
        &self.text[self.end_of(number * tokens)..self.end_of((number + 1) * tokens)]
    }

    /// Where the first `tokens` end.
    fn end_of(&self, tokens: u64) -> usize {
        let last =
            usize::try_from(tokens).map_or(self.ends.len(), |tokens| tokens.min(self.ends.len()));
        last.checked_sub(1).map_or(0, |last| self.ends[last])
    }
}

/// An id such as these APIs give, without the prefix that tells what it is of: letters and digits drawn from `seed`.
pub(super) fn id(seed: u64) -> String {
    const CHARS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    (0..24)
        .map(|_| char::from(CHARS[random.random_range(0..CHARS.len())]))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_a_word_with_the_space_before_it() {
        let text = Text::new(7, 100);
        let tokens: Vec<&str> = (0..100).map(|number| text.piece(number, 1)).collect();
        assert!(WORDS.contains(&tokens[0]));
        assert!(tokens[1..].iter().all(|token| {
            token
                .strip_prefix(' ')
                .is_some_and(|word| WORDS.contains(&word))
        }));
        assert_eq!(text.as_str().split(' ').count(), 100);
        assert!(!text.as_str().is_ascii());
    }

    #[test]
    fn the_seed_decides_and_shorter_texts_begin_longer_ones() {
        let long = Text::new(1, 50);
        assert!(long.as_str().starts_with(Text::new(1, 20).as_str()));
        assert_ne!(long.as_str(), Text::new(2, 50).as_str());
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
    }

    proptest! {
        #[test]
        fn pieces_add_up(seed in any::<u64>(), tokens in 1u64..200, each in 1u64..50) {
            let text = Text::new(seed, tokens);
            let pieces = tokens.div_ceil(each);
            let joined: String = (0..pieces).map(|number| text.piece(number, each)).collect();
            prop_assert_eq!(joined, text.as_str());
            prop_assert!((0..pieces).all(|number| !text.piece(number, each).is_empty()));
        }
    }
}
