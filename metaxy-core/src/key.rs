//! [`FeatureKey`] and [`FieldKey`]: names made of parts, written with slashes.

use std::{cmp::Ordering, fmt, str::FromStr, sync::Arc};

/// Why a key was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A part between two slashes is empty.
    #[error(
        "key `{key}` has an empty part: write parts as `video/raw`, without a leading, trailing or double slash"
    )]
    EmptyPart {
        /// The key as it was written.
        key: String,
    },
    /// A part holds `__`, which joins the parts in table names.
    #[error(
        "part `{part}` of key `{key}` holds `__`, which joins parts in table names: use `_` or `-`"
    )]
    DoubleUnderscore {
        /// The key as it was written.
        key: String,
        /// The part that was refused.
        part: String,
    },
    /// A part, given on its own, holds the `/` that parts are written with.
    #[error(
        "part `{part}` of a key holds `/`, which separates parts: give it as parts of their own"
    )]
    Slash {
        /// The part that was refused.
        part: String,
    },
    /// The first part does not match `[a-z_][a-z0-9_-]*`.
    #[error(
        "the first part `{part}` of key `{key}` must start with a-z or `_` and hold only a-z, 0-9, `_` and `-`"
    )]
    FirstPart {
        /// The key as it was written.
        key: String,
        /// The part that was refused.
        part: String,
    },
    /// A later part does not match `[a-z0-9_][a-z0-9_-]*`.
    #[error(
        "part `{part}` of key `{key}` must start with a-z, 0-9 or `_` and hold only a-z, 0-9, `_` and `-`"
    )]
    Part {
        /// The key as it was written.
        key: String,
        /// The part that was refused.
        part: String,
    },
}

fn check(key: &str) -> Result<(), KeyError> {
    for (position, part) in key.split('/').enumerate() {
        let (key, owned) = (|| key.to_owned(), || part.to_owned());
        if part.is_empty() {
            return Err(KeyError::EmptyPart { key: key() });
        }
        if part.contains("__") {
            return Err(KeyError::DoubleUnderscore { key: key(), part: owned() });
        }
        let well_formed = part.bytes().enumerate().all(|(at, byte)| match byte {
            b'a'..=b'z' | b'_' => true,
            b'0'..=b'9' => at > 0 || position > 0,
            b'-' => at > 0,
            _ => false,
        });
        if !well_formed {
            let (key, part) = (key(), owned());
            return Err(match position {
                0 => KeyError::FirstPart { key, part },
                _ => KeyError::Part { key, part },
            });
        }
    }
    Ok(())
}

macro_rules! key_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads a key such as `video/raw`.
            ///
            /// # Errors
            ///
            /// [`KeyError`] where a part is empty, holds `__`, or has a character that keys refuse.
            pub fn new(key: impl AsRef<str>) -> Result<Self, KeyError> {
                check(key.as_ref())?;
                Ok(Self(key.as_ref().into()))
            }

            /// Makes a key of its parts.
            ///
            /// # Errors
            ///
            /// As [`new`](Self::new), and where a part holds a `/`.
            pub fn from_parts<P: AsRef<str>>(
                parts: impl IntoIterator<Item = P>,
            ) -> Result<Self, KeyError> {
                let parts: Vec<P> = parts.into_iter().collect();
                let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
                match parts.iter().find(|part| part.contains('/')) {
                    Some(part) => Err(KeyError::Slash { part: (*part).to_owned() }),
                    None => Self::new(parts.join("/")),
                }
            }

            /// The key as it is written, parts joined by `/`.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The parts, in order.
            pub fn parts(&self) -> impl Iterator<Item = &str> {
                self.0.split('/')
            }
        }

        impl Ord for $name {
            /// By parts, as Metaxy for Python sorts them: `a/b` comes before `a-b`.
            fn cmp(&self, other: &Self) -> Ordering {
                // Where a part ends, as if its text ended: before all other characters.
                let order = |byte| if byte == b'/' { 0 } else { byte };
                self.0.bytes().map(order).cmp(other.0.bytes().map(order))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{:?}", &*self.0)
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(key: &str) -> Result<Self, KeyError> {
                Self::new(key)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let key = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(key).map_err(serde::de::Error::custom)
            }
        }
    };
}

key_type! {
    /// The name of a feature, such as `video/raw`.
    ///
    /// ```
    /// use metaxy_core::FeatureKey;
    ///
    /// let key = FeatureKey::new("video-files/raw")?;
    /// assert_eq!(key.table_name(), "video_files__raw");
    /// assert!(FeatureKey::new("Video").is_err());
    /// # Ok::<(), metaxy_core::KeyError>(())
    /// ```
    FeatureKey
}

key_type! {
    /// The name of a field of a feature, such as `audio` or `audio/french`.
    ///
    /// ```
    /// use metaxy_core::FieldKey;
    ///
    /// assert_eq!(FieldKey::new("audio/french")?.struct_key(), "audio_french");
    /// # Ok::<(), metaxy_core::KeyError>(())
    /// ```
    FieldKey
}

impl FeatureKey {
    /// The name of the feature's table, without a store's prefix: parts joined by `__`, `-` as `_`.
    pub fn table_name(&self) -> String {
        self.0.replace('/', "__").replace('-', "_")
    }
}

impl FieldKey {
    /// Whether the last parts of this key are those of `suffix`.
    ///
    /// ```
    /// use metaxy_core::FieldKey;
    ///
    /// assert!(FieldKey::new("audio/french")?.ends_with(&FieldKey::new("french")?));
    /// # Ok::<(), metaxy_core::KeyError>(())
    /// ```
    pub fn ends_with(&self, suffix: &FieldKey) -> bool {
        let before = self.0.strip_suffix(suffix.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }

    /// The name of the field inside a map column: parts joined by `_`.
    pub fn struct_key(&self) -> String {
        self.0.replace('/', "_")
    }
}
