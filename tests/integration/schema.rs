//! The schema: how it is created, recognised at connect, and changed while a store uses it.

mod changed_underneath;
mod create;
mod index;
mod recognised_at_connect;
mod several_shards;
mod sharding_setting;
