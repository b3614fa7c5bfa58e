//! Tables on a cluster of Citus. Source: <https://docs.citusdata.com/en/stable/develop/api_udf.html>, and the code of Citus 13.

use crate::dialect::Distribution;

/// What spreads tables. Where no other table is named, the rows are beside those of all tables whose distribution columns have
/// the same type, of other projects too: `default`.
pub(super) const DISTRIBUTION: Distribution = Distribution {
    spread: |table, column, beside| {
        let beside = beside.unwrap_or("'default'");
        format!("SELECT create_distributed_table({table}, {column}, colocate_with => {beside});")
    },
    change: |table, column, beside| {
        let beside = beside.unwrap_or("'default'");
        format!(
            "SELECT alter_distributed_table({table}, distribution_column => {column}, colocate_with => {beside});"
        )
    },
    gather: |table| format!("SELECT undistribute_table({table});"),
};
