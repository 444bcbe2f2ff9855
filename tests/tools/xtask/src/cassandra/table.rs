/// The lines below their header, in columns as wide as their widest cell.
pub(super) fn aligned(header: &[&str], lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column)).map(String::as_str);
        cells.chain(header.get(column).copied()).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let row = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let rule = widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>().join("  ") + "\n";
    let body = lines.iter().map(|line| row(&mut line.iter().map(String::as_str)));
    [row(&mut header.iter().copied()), rule].into_iter().chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let lines = [vec!["a".to_owned(), "null".to_owned()], vec!["größer".to_owned(), "7".to_owned()]];
        assert_eq!(aligned(&["id", "n"], &lines), "id      n\n------  ----\na       null\ngrößer  7\n");
    }

    #[test]
    fn no_lines_leave_the_header() {
        assert_eq!(aligned(&["id"], &[]), "id\n--\n");
    }
}
