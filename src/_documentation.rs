//! Pages that belong to no single item.

#[doc = include_str!("../resources/docs/changelog.md")]
pub mod changelog {}

#[doc = include_str!("../resources/docs/design.md")]
pub mod design {}

#[doc = include_str!("../resources/docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../resources/docs/ffi.md")]
pub mod ffi {}

#[doc = include_str!("../resources/docs/operating.md")]
pub mod operating {}
