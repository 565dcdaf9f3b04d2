//! Bounds memory and tables of one machine, and memories of the process.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use ::wasmer::sys::vm::{
    LinearMemory, MemoryStyle, TableStyle, VMConfig, VMMemory, VMMemoryDefinition, VMTable,
    VMTableDefinition,
};
use ::wasmer::sys::{BaseTunables, Tunables};
use ::wasmer::{MemoryError, MemoryType, Pages, TableType};

use super::driver::STAGING_PAGES;
use crate::engine::MachineLimits;

/// Bytes of a page of linear memory.
const PAGE_BYTES: u64 = 64 << 10;

/// Stack of a guest. Deeper recursion is a trap.
const STACK_BYTES: usize = 1 << 20;

/// Linear memories that may exist at once in the process. Each reserves 8 GiB of the 128 TiB of
/// address space that a process has, which would be 16,384; the rest is for everything else.
const MEMORIES_MAX: u32 = 15_000;

static MEMORIES: AtomicU32 = AtomicU32::new(0);

/// What the memories of one machine use together.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicU64,
    max: u64,
}

impl Budget {
    pub(super) fn new(max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            max,
        })
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// A machine runs on one thread at a time, so nothing races with the check.
    fn take(&self, bytes: u64) -> bool {
        let used = self.used();
        match used.checked_add(bytes) {
            Some(after) if after <= self.max => {
                self.used.store(after, Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }

    fn give_back(&self, bytes: u64) {
        let used = self.used().saturating_sub(bytes);
        self.used.store(used, Ordering::Relaxed);
    }
}

fn page_bytes(pages: Pages) -> u64 {
    u64::from(pages.0) * PAGE_BYTES
}

/// A memory whose growth is charged to the machine's budget.
#[derive(Debug)]
struct BudgetedMemory {
    inner: VMMemory,
    budget: Arc<Budget>,
}

impl Drop for BudgetedMemory {
    fn drop(&mut self) {
        MEMORIES.fetch_sub(1, Ordering::Relaxed);
    }
}

impl LinearMemory for BudgetedMemory {
    fn ty(&self) -> MemoryType {
        self.inner.ty()
    }

    fn size(&self) -> Pages {
        self.inner.size()
    }

    fn style(&self) -> MemoryStyle {
        self.inner.style()
    }

    fn grow(&mut self, delta: Pages) -> Result<Pages, MemoryError> {
        let bytes = page_bytes(delta);
        if !self.budget.take(bytes) {
            return Err(MemoryError::CouldNotGrow {
                current: self.inner.size(),
                attempted_delta: delta,
            });
        }
        let grown = self.inner.grow(delta);
        if grown.is_err() {
            self.budget.give_back(bytes);
        }
        grown
    }

    fn vmmemory(&self) -> NonNull<VMMemoryDefinition> {
        self.inner.vmmemory()
    }

    fn try_clone(&self) -> Result<Box<dyn LinearMemory + Send + Sync + 'static>, MemoryError> {
        Err(MemoryError::MemoryNotShared)
    }

    fn copy(&self) -> Result<Box<dyn LinearMemory + Send + Sync + 'static>, MemoryError> {
        Err(MemoryError::UnsupportedOperation {
            message: "memories of views are not copied".into(),
        })
    }
}

/// The tunables of one machine.
pub(super) struct MachineTunables {
    base: BaseTunables,
    budget: Arc<Budget>,
    table_elements_left: AtomicU32,
    config: VMConfig,
    /// Whether they are for a driver, to compile it.
    for_driver: bool,
}

impl MachineTunables {
    pub(super) fn new(limits: &MachineLimits, budget: Arc<Budget>) -> Self {
        Self {
            base: BaseTunables::new(),
            budget,
            table_elements_left: AtomicU32::new(limits.table_elements),
            config: VMConfig {
                wasm_stack_size: Some(STACK_BYTES),
            },
            for_driver: false,
        }
    }

    pub(super) fn for_driver() -> Self {
        let tunables = Self::new(&MachineLimits::default(), Budget::new(0));
        Self {
            for_driver: true,
            ..tunables
        }
    }

    /// Takes a table's elements from what is left, and caps its growth. A table that may grow
    /// without an end gets half of the rest, so that one table can't starve the others.
    fn capped(&self, ty: &TableType) -> Result<TableType, String> {
        let left = self.table_elements_left.load(Ordering::Relaxed);
        if ty.minimum > left {
            return Err(format!(
                "a table of {} elements is more than the {left} elements that are left to it",
                ty.minimum
            ));
        }
        let maximum = match ty.maximum {
            Some(maximum) if maximum <= ty.minimum.saturating_add(1) => maximum,
            Some(maximum) => maximum.min(ty.minimum.max(left / 2)),
            None => ty.minimum.max(left / 2),
        };
        self.table_elements_left
            .store(left.saturating_sub(maximum), Ordering::Relaxed);
        let mut capped = *ty;
        capped.maximum = Some(maximum);
        Ok(capped)
    }

    fn memory(
        &self,
        ty: &MemoryType,
        make: impl FnOnce() -> Result<VMMemory, MemoryError>,
    ) -> Result<VMMemory, MemoryError> {
        let bytes = page_bytes(ty.minimum);
        if ty.shared || !self.budget.take(bytes) {
            return Err(MemoryError::Generic(format!(
                "its memories have {} bytes from the start, and at most {} are allowed",
                self.budget.used().saturating_add(bytes),
                self.budget.max
            )));
        }
        if MEMORIES.fetch_add(1, Ordering::Relaxed) >= MEMORIES_MAX {
            MEMORIES.fetch_sub(1, Ordering::Relaxed);
            return Err(MemoryError::Generic(format!(
                "this worker holds {MEMORIES_MAX} memories of views already; try again later or \
                 add a worker"
            )));
        }
        let inner = make().inspect_err(|_| {
            MEMORIES.fetch_sub(1, Ordering::Relaxed);
        })?;
        let memory: Box<dyn LinearMemory + Send + Sync> = Box::new(BudgetedMemory {
            inner,
            budget: Arc::clone(&self.budget),
        });
        Ok(VMMemory::from_custom(memory))
    }
}

impl Tunables for MachineTunables {
    /// Gives the driver's staging memory a style that reserves no more address space than the
    /// memory has. It is for the driver alone: code that imports a memory is compiled for the style
    /// that the memory's type suggests, so guests, who share memories among their modules, must have
    /// one style only. The staging memory is shared with nobody.
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        let is_staging = memory.minimum.0 == STAGING_PAGES;
        if self.for_driver && is_staging && memory.maximum == Some(memory.minimum) {
            return MemoryStyle::Dynamic {
                offset_guard_size: 0x1_0000,
            };
        }
        self.base.memory_style(memory)
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<VMMemory, MemoryError> {
        self.memory(ty, || self.base.create_host_memory(ty, style))
    }

    #[expect(unsafe_code, reason = "the trait asks for it")]
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        location: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the caller's promise about `location` is passed on.
        let make = || unsafe { self.base.create_vm_memory(ty, style, location) };
        match style {
            MemoryStyle::Static => self.memory(ty, make),
            // Only the driver's staging memory has this style; it is ours, and small.
            MemoryStyle::Dynamic { .. } => make(),
        }
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(&self.capped(ty)?, style)
    }

    #[expect(unsafe_code, reason = "the trait asks for it")]
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        location: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        let ty = self.capped(ty)?;
        // SAFETY: the caller's promise about `location` is passed on.
        unsafe { self.base.create_vm_table(&ty, style, location) }
    }

    fn vmconfig(&self) -> &VMConfig {
        &self.config
    }
}

#[cfg(test)]
mod tests {
    use ::wasmer::Type;

    use super::*;

    #[test]
    fn a_budget_is_never_exceeded() {
        let budget = Budget::new(100);
        assert!(budget.take(60));
        assert!(!budget.take(41));
        assert!(!budget.take(u64::MAX));
        budget.give_back(20);
        assert!(budget.take(60));
        assert_eq!(budget.used(), 100);
    }

    #[test]
    fn tables_share_their_elements() {
        let limits = MachineLimits {
            table_elements: 100,
            ..MachineLimits::default()
        };
        let tunables = MachineTunables::new(&limits, Budget::new(0));
        let cap = |min, max| {
            tunables
                .capped(&TableType::new(Type::FuncRef, min, max))
                .map(|ty| ty.maximum)
        };
        assert_eq!(cap(10, Some(11)), Ok(Some(11)));
        assert_eq!(cap(1, None), Ok(Some(44)));
        assert_eq!(cap(40, Some(1_000)), Ok(Some(40)));
        assert!(cap(6, Some(6)).is_err());
    }
}
