//! Rows on their way into one statement.

use super::Val;

/// One meaning, two texts: SQLite's is run per row with `?1 …`, PostgreSQL's once with one array per column.
pub(crate) struct Bulk {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// New rows of one table, which nothing can stand in the way of. A large set goes to PostgreSQL by `COPY`, for about
/// half of what arrays cost.
pub(crate) struct Insert {
    pub(crate) rows: Bulk,
    pub(crate) copy: &'static str,
}

/// Cells row by row; every row has the same width.
pub(crate) struct Batch<'a> {
    width: usize,
    cells: Vec<Val<'a>>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(width: usize, rows: usize) -> Self {
        Self { width, cells: Vec::with_capacity(width * rows) }
    }
    pub(crate) fn push<const W: usize>(&mut self, row: [Val<'a>; W]) {
        assert_eq!(W, self.width, "a row has the width of its batch");
        self.cells.extend_from_slice(&row);
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
    pub(crate) fn len(&self) -> usize {
        self.cells.len() / self.width
    }
    pub(crate) fn width(&self) -> usize {
        self.width
    }
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, Val<'a>> {
        self.cells.chunks_exact(self.width)
    }
    pub(crate) fn column(&self, index: usize) -> impl Iterator<Item = &Val<'a>> + Clone {
        self.cells.iter().skip(index).step_by(self.width)
    }
}

/// `[Val::from(a), Val::from(b), …]`, one row of a batch.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { [$($crate::conn::Val::from($value)),*] };
}
pub(crate) use cells;
