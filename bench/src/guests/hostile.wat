;; A view of world 0.0.1 without a state, and ways to misbehave, or to work hard, for $append and
;; $query to choose from. Every list that it returns is empty: zeros at address 16.
(module
  (memory (export "memory") 2)

  ;; Arguments lie at the second page. They are small, and what lay there is no longer needed.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.const 65536))

  (func $nothing)

  (func $loop-for-ever
    (loop (br 0)))

  ;; Takes memory by the MiB, and writes to all of it, until there is no more.
  (func $grow-for-ever
    (local $page i32)
    (loop
      (local.set $page (memory.grow (i32.const 16)))
      (if (i32.eq (local.get $page) (i32.const -1))
        (then unreachable))
      (memory.fill
        (i32.shl (local.get $page) (i32.const 16)) (i32.const 1) (i32.const 1048576))
      (br 0)))

  ;; The result is used after the call, so that no compiler makes a loop of the recursion.
  (func $deeper (param $depth i64) (result i64)
    (i64.add
      (local.get $depth)
      (call $deeper (i64.add (local.get $depth) (i64.const 1)))))

  (func $recurse-for-ever
    (drop (call $deeper (i64.const 0))))

  (func $trap
    unreachable)

  ;; So many rounds, each of a third of a nanosecond or so.
  (func $rounds (param $left i32)
    (loop
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if 0 (local.get $left))))

  (func $work
    (call $rounds (i32.const 30000000)))

  (func $work-hard
    (call $rounds (i32.const 120000000)))

  (func (export "primatomic:machine/machine@0.0.1#init"))

  (func (export "primatomic:machine/machine@0.0.1#append") (param i32 i32)
    (call $APPEND))

  (func (export "primatomic:machine/machine@0.0.1#query") (param i32 i32) (result i32)
    (call $QUERY)
    (i32.const 16))

  (func (export "primatomic:machine/machine@0.0.1#snapshot") (result i32)
    (i32.const 16))

  (func (export "primatomic:machine/machine@0.0.1#restore") (param i32 i32))
)
