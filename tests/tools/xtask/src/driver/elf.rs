//! Turns a Python extension module that holds the driver into a plain shared library.
//!
//! Both changes fit in place, so no offset in the file moves.

use std::ops::Range;

use anyhow::{Context, Result, anyhow, ensure};
use object::{
    LittleEndian,
    elf::{self, FileHeader64, Sym64},
    pod,
    read::elf::{FileHeader as _, SectionHeader as _, SectionTable, Sym as _},
};

type Header = FileHeader64<LittleEndian>;
type Symbol = Sym64<LittleEndian>;

const ENDIAN: LittleEndian = LittleEndian;

/// What the loader reads as "the folder this library is in".
const ORIGIN: &[u8] = b"$ORIGIN";

/// Makes `library` loadable outside a Python interpreter, with its own libraries beside it.
///
/// # Errors
/// When it is not a 64-bit little-endian ELF file, or not the kind of module that this was written for.
pub(crate) fn make_standalone(library: &mut [u8]) -> Result<()> {
    weaken_python_symbols(library)?;
    search_own_folder(library)
}

/// Weak undefined symbols may stay unresolved: the driver's functions never reach the code that uses these.
fn weaken_python_symbols(library: &mut [u8]) -> Result<()> {
    let python = python_symbols(library)?;
    ensure!(python.contains(&true), "it needs no Python symbols");
    let table = section(library, b".dynsym")?;
    let bytes = library.get_mut(table).context("its symbol table lies outside the file")?;
    let (symbols, _) = pod::slice_from_bytes_mut::<Symbol>(bytes, python.len())
        .map_err(|()| anyhow!("its symbol table is not aligned"))?;
    for (symbol, _) in symbols.iter_mut().zip(python).filter(|(_, is_python)| *is_python) {
        symbol.set_st_info(elf::STB_WEAK, symbol.st_type());
    }
    Ok(())
}

/// For each dynamic symbol, whether a Python interpreter would have to define it.
fn python_symbols(library: &[u8]) -> Result<Vec<bool>> {
    let symbols = sections(library)?.symbols(ENDIAN, library, elf::SHT_DYNSYM)?;
    let is_python = |symbol: &Symbol| {
        let name = symbols.symbol_name(ENDIAN, symbol)?;
        Ok(symbol.is_undefined(ENDIAN) && (name.starts_with(b"Py") || name.starts_with(b"_Py")))
    };
    symbols.iter().map(is_python).collect()
}

/// Overwrites the folders in which the loader looks for the library's own libraries with the library's own.
///
/// # Errors
/// When it is not a 64-bit little-endian ELF file with such a folder.
pub(crate) fn search_own_folder(library: &mut [u8]) -> Result<()> {
    let path = search_path(library)?;
    let bytes = library.get_mut(path).context("its search path lies outside the file")?;
    ensure!(bytes.len() >= ORIGIN.len(), "its search path is too short to hold another");
    bytes.fill(0);
    bytes.iter_mut().zip(ORIGIN).for_each(|(byte, origin)| *byte = *origin);
    Ok(())
}

/// Where in the file the text of DT_RPATH or DT_RUNPATH is.
fn search_path(library: &[u8]) -> Result<Range<usize>> {
    let dynamic = sections(library)?.dynamic_table(ENDIAN, library)?;
    let entry = dynamic.iter().find(|entry| matches!(entry.tag, elf::DT_RPATH | elf::DT_RUNPATH));
    let entry = entry.context("it has no search path")?;
    let length = dynamic.string(entry)?.len();
    let start = section(library, b".dynstr")?.start + usize::try_from(entry.val)?;
    Ok(start..start + length)
}

/// Where in the file the section called `name` is.
fn section(library: &[u8], name: &[u8]) -> Result<Range<usize>> {
    let found = sections(library)?.section_by_name(ENDIAN, name);
    let range = found.and_then(|(_, header)| header.file_range(ENDIAN));
    let (start, length) = range.with_context(|| format!("it has no section {}", String::from_utf8_lossy(name)))?;
    Ok(usize::try_from(start)?..usize::try_from(start + length)?)
}

fn sections(library: &[u8]) -> Result<SectionTable<'_, Header>> {
    Ok(Header::parse(library)?.sections(ENDIAN, library)?)
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests;
