//! Specs through serde: as their [`Json`], hence from serde_json only.

use super::{FeatureDep, FeatureSpec, FieldDep, FieldSpec, FieldsMapping, Lineage};
use crate::Json;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! as_json {
    ($($type:ty)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Json::from(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::try_from(&Json::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}

as_json! { FeatureSpec FieldSpec FieldDep FeatureDep FieldsMapping Lineage }
