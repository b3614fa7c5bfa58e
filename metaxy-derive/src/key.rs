//! The rules of keys, said again: a macro that depended on `metaxy-core` would make every build wait for it.
//! A test holds both to the same answers.

/// What is wrong with a key, and the mend.
pub fn check(key: &str) -> Result<(), String> {
    for (position, part) in key.split('/').enumerate() {
        if part.is_empty() {
            return Err(format!(
                "key `{key}` has an empty part: write parts as `video/raw`, without a leading, trailing or double slash"
            ));
        }
        if part.contains("__") {
            return Err(format!(
                "part `{part}` of key `{key}` holds `__`, which joins parts in table names: use `_` or `-`"
            ));
        }
        let well_formed = part.bytes().enumerate().all(|(at, byte)| match byte {
            b'a'..=b'z' | b'_' => true,
            b'0'..=b'9' => at > 0 || position > 0,
            b'-' => at > 0,
            _ => false,
        });
        if !well_formed {
            return Err(match position {
                0 => format!(
                    "the first part `{part}` of key `{key}` must start with a-z or `_` and hold only a-z, 0-9, `_` and `-`"
                ),
                _ => format!(
                    "part `{part}` of key `{key}` must start with a-z, 0-9 or `_` and hold only a-z, 0-9, `_` and `-`"
                ),
            });
        }
    }
    Ok(())
}

/// The name of a feature's table: parts joined by `__`, `-` as `_`.
pub fn table_name(key: &str) -> String {
    key.replace('/', "__").replace('-', "_")
}

#[cfg(test)]
mod tests {
    use metaxy_core::FeatureKey;

    /// Every key of up to five characters out of those that the rules tell apart.
    #[test]
    fn agrees_with_metaxy_core() {
        const CHARACTERS: [char; 7] = ['a', 'A', '9', '_', '-', '/', 'é'];
        let mut keys = vec![String::new()];
        let mut start = 0;
        for _ in 0..5 {
            let end = keys.len();
            for at in start..end {
                keys.extend(CHARACTERS.map(|next| format!("{}{next}", keys[at])));
            }
            start = end;
        }
        for key in keys {
            let core = FeatureKey::new(&key);
            assert_eq!(
                super::check(&key),
                core.as_ref().map(drop).map_err(ToString::to_string),
                "{key}"
            );
            if let Ok(core) = core {
                assert_eq!(super::table_name(&key), core.table_name());
            }
        }
    }
}
