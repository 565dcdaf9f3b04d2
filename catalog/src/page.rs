//! Pages of lists, and the opaque cursors between them.
//!
//! A cursor is the sort key of the last item, behind a checksum over the list that made it. So a
//! cursor of another list or tenant is refused instead of quietly giving a wrong page. It carries
//! nothing that its holder has not seen, and grants nothing.

use protocol::TenantId;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
    Value,
};
use uuid::Uuid;

use super::CatalogError;

/// The most items in a page.
pub const PAGE_LIMIT_MAX: u32 = 1_000;

const CHECKSUM_BYTES: usize = 4;

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Items at most; taken as 1 to [`PAGE_LIMIT_MAX`].
    pub limit: u32,
    /// From [`Paged::next_cursor`]; `None` for the beginning.
    pub cursor: Option<String>,
}

impl Page {
    /// The first page.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self {
            limit,
            cursor: None,
        }
    }

    pub(super) fn size(&self) -> usize {
        self.limit.clamp(1, PAGE_LIMIT_MAX) as usize
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Paged<T> {
    pub(super) fn try_map<U>(
        self,
        convert: impl FnMut(T) -> Result<U, CatalogError>,
    ) -> Result<Paged<U>, CatalogError> {
        let items = self.items.into_iter().map(convert);
        Ok(Paged {
            items: items.collect::<Result<_, _>>()?,
            next_cursor: self.next_cursor,
        })
    }
}

/// What a list is sorted by, as a cursor holds it.
pub(super) trait SortKey: Into<Value> {
    fn into_bytes(self) -> Vec<u8>;

    /// `None` for bytes that no list makes.
    fn from_bytes(bytes: Vec<u8>) -> Option<Self>;
}

impl SortKey for Uuid {
    fn into_bytes(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        Self::from_slice(&bytes).ok()
    }
}

impl SortKey for i64 {
    fn into_bytes(self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl SortKey for String {
    fn into_bytes(self) -> Vec<u8> {
        self.into_bytes()
    }

    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let text = Self::from_utf8(bytes).ok();
        // No name holds the character zero, and PostgreSQL refuses it.
        text.filter(|text| !text.contains('\0'))
    }
}

/// Which list a cursor belongs to.
#[derive(Clone, Debug)]
pub(super) struct List {
    scope: Vec<u8>,
}

impl List {
    pub(super) fn new(kind: &str, tenant: TenantId, parent: &[u8]) -> Self {
        let mut scope = kind.as_bytes().to_vec();
        scope.push(0);
        scope.extend_from_slice(tenant.as_bytes());
        scope.extend_from_slice(parent);
        Self { scope }
    }

    /// The sort key that the page begins after.
    pub(super) fn after(&self, page: &Page) -> Result<Option<Vec<u8>>, CatalogError> {
        let Some(cursor) = &page.cursor else {
            return Ok(None);
        };
        let bytes = hex::decode(cursor).map_err(|_| CatalogError::InvalidCursor)?;
        let (checksum, key) = bytes
            .split_first_chunk::<CHECKSUM_BYTES>()
            .ok_or(CatalogError::InvalidCursor)?;
        if *checksum != self.checksum(key) {
            return Err(CatalogError::InvalidCursor);
        }
        Ok(Some(key.to_vec()))
    }

    /// Reads a page of what a query finds, in the order of a column.
    pub(super) async fn read<E: EntityTrait, K: SortKey>(
        &self,
        sql: &impl ConnectionTrait,
        page: &Page,
        query: Select<E>,
        (column, order): (E::Column, Order),
        sort_key: impl Fn(&E::Model) -> K,
    ) -> Result<Paged<E::Model>, CatalogError> {
        let mut query = query.order_by(column, order.clone());
        if let Some(key) = self.after(page)? {
            let key = K::from_bytes(key).ok_or(CatalogError::InvalidCursor)?;
            query = query.filter(match order {
                Order::Desc => column.lt(key),
                _ => column.gt(key),
            });
        }
        let rows = query.limit(page.size() as u64 + 1).all(sql).await?;
        let (items, next_cursor) = self.cut(page, rows, |row| sort_key(row).into_bytes());
        Ok(Paged { items, next_cursor })
    }

    /// Cuts rows, of which one more than the page holds was read, into a page.
    pub(super) fn cut<R>(
        &self,
        page: &Page,
        mut rows: Vec<R>,
        sort_key: impl Fn(&R) -> Vec<u8>,
    ) -> (Vec<R>, Option<String>) {
        if rows.len() <= page.size() {
            return (rows, None);
        }
        rows.truncate(page.size());
        let next = rows.last().map(|row| self.cursor(&sort_key(row)));
        (rows, next)
    }

    /// The cursor behind the item with this sort key.
    pub(super) fn cursor(&self, key: &[u8]) -> String {
        let mut bytes = self.checksum(key).to_vec();
        bytes.extend_from_slice(key);
        hex::encode(bytes)
    }

    fn checksum(&self, key: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let hash = blake3::Hasher::new()
            .update(&(self.scope.len() as u64).to_le_bytes())
            .update(&self.scope)
            .update(key)
            .finalize();
        let [a, b, c, d, ..] = *hash.as_bytes();
        [a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let tenant = TenantId::generate();
        let list = List::new("logs", tenant, b"");
        let page = Page {
            limit: 2,
            cursor: Some(list.cursor(b"name")),
        };
        assert_eq!(list.after(&page).unwrap(), Some(b"name".to_vec()));
        for other in [
            List::new("views", tenant, b""),
            List::new("logs", TenantId::generate(), b""),
            List::new("logs", tenant, b"x"),
        ] {
            assert!(matches!(
                other.after(&page),
                Err(CatalogError::InvalidCursor)
            ));
        }
        for cursor in ["", "zz", "00", "00000000", "é"] {
            let page = Page {
                limit: 2,
                cursor: Some(cursor.to_owned()),
            };
            assert!(matches!(
                list.after(&page),
                Err(CatalogError::InvalidCursor)
            ));
        }
    }

    #[test]
    fn a_page_that_holds_all_rows_has_no_next_one() {
        let list = List::new("logs", TenantId::generate(), b"");
        let key = |row: &u8| vec![*row];
        assert_eq!(
            list.cut(&Page::first(2), vec![1, 2], key),
            (vec![1, 2], None)
        );
        let (rows, next) = list.cut(&Page::first(2), vec![1, 2, 3], key);
        assert_eq!((rows, next), (vec![1, 2], Some(list.cursor(&[2]))));
        assert_eq!(Page::first(0).size(), 1);
        assert_eq!(Page::first(u32::MAX).size(), 1_000);
    }
}
