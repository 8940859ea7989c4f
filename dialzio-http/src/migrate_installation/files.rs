//! Files: sealed, so they are carried over as they are.

use dialzio_core::blob::{BlobError, BlobKey, BlobStore};
use dialzio_core::transfer::{Cell, TableReader, TransferError, parts};
use dialzio_core::{OrgId, TypedId};
use uuid::Uuid;

use super::error::MoveError;

/// Files looked at in one go.
const PAGE: u32 = 1_000;

/// What was carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Files, each of which is the same on both sides.
    pub files: u64,
    /// Those of them that this run has copied.
    pub copied: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Copies the files of all organisations that are not there, or not whole.
pub(super) async fn carry(
    source: &mut dyn TableReader,
    from: &dyn BlobStore,
    to: &dyn BlobStore,
) -> Result<Carried, MoveError> {
    let mut carried = Carried::default();
    for org in organisations(source).await? {
        let mut last: Option<BlobKey> = None;
        loop {
            let keys = from.keys(org, last.as_ref(), PAGE).await?;
            let Some(newest) = keys.last() else { break };
            last = Some(newest.clone());
            for key in keys {
                one(&key, from, to, &mut carried).await?;
            }
        }
    }
    Ok(carried)
}

async fn one(
    key: &BlobKey,
    from: &dyn BlobStore,
    to: &dyn BlobStore,
    carried: &mut Carried,
) -> Result<(), MoveError> {
    let body = from.get(key, None).await?;
    let there = match to.get(key, None).await {
        Ok(there) => there == body,
        Err(BlobError::Missing) => false,
        Err(error) => return Err(error.into()),
    };
    if !there {
        to.put(key, body.clone()).await?;
        if to.get(key, None).await? != body {
            return Err(MoveError::Altered);
        }
        carried.copied += 1;
    }
    carried.files += 1;
    carried.bytes += body.len() as u64;
    Ok(())
}

async fn organisations(source: &mut dyn TableReader) -> Result<Vec<OrgId>, TransferError> {
    let mut found = Vec::new();
    let Some(part) = parts().iter().find(|part| part.table == "org") else { return Ok(found) };
    let mut last: Option<Vec<Cell>> = None;
    loop {
        let rows = source.rows(part, last.as_deref()).await;
        let rows = rows.map_err(|error| TransferError::Source { table: part.table, error })?;
        let Some(newest) = rows.last() else { return Ok(found) };
        last = Some(part.key_of(newest));
        for row in &rows {
            if let [Cell::Bytes(id)] = &part.key_of(row)[..]
                && let Ok(id) = Uuid::from_slice(id)
            {
                found.push(OrgId::from_uuid(id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use dialzio_core::MediaId;
    use dialzio_core::blob::MemoryBlobs;
    use dialzio_core::store::StoreResult;
    use dialzio_core::transfer::{Part, Row};

    const ORG: Uuid = Uuid::from_u128(7);

    struct OneOrganisation;

    #[async_trait]
    impl TableReader for OneOrganisation {
        async fn count(&mut self, _: &'static Part) -> StoreResult<u64> {
            Ok(1)
        }

        async fn rows(&mut self, _: &'static Part, after: Option<&[Cell]>) -> StoreResult<Vec<Row>> {
            let row = || vec![Cell::Bytes(ORG.as_bytes().to_vec())];
            Ok(if after.is_none() { vec![row()] } else { Vec::new() })
        }
    }

    #[tokio::test]
    async fn what_is_missing_or_not_whole_is_copied_and_the_rest_left() {
        let (from, to) = (MemoryBlobs::default(), MemoryBlobs::default());
        let key = |number| BlobKey {
            org: OrgId::from_uuid(ORG),
            media: MediaId::from_uuid(Uuid::from_u128(number)),
        };
        for number in 0..3 {
            from.put(&key(number), "a sealed file".into()).await.unwrap();
        }
        to.put(&key(0), "a sealed file".into()).await.unwrap();
        to.put(&key(1), "a sealed".into()).await.unwrap();
        let carried = carry(&mut OneOrganisation, &from, &to).await.unwrap();
        assert_eq!(carried, Carried { files: 3, copied: 2, bytes: 39 });
        for number in 0..3 {
            assert_eq!(to.get(&key(number), None).await.unwrap(), "a sealed file");
        }
        let again = carry(&mut OneOrganisation, &from, &to).await.unwrap();
        assert_eq!((again.files, again.copied), (3, 0));
    }
}
