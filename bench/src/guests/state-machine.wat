;; A view of world 0.0.1 whose state is kept as bytes from $base on.
;;
;; Arguments are placed at the end of the state, so keeping an event means moving the end past it.
(module
  ;; IMPORT
  (memory (export "memory") 2)
  (global $base i32 (i32.const 65536))
  (global $end (mut i32) (i32.const 65536))
  ;; Where the memory ends. Asking the memory itself, or copying nothing, would be a call into the
  ;; host for every event.
  (global $room (mut i32) (i32.const 131072))

  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (if (i32.gt_u (i32.add (global.get $end) (local.get $size)) (global.get $room))
      (then (call $grow (i32.add (global.get $end) (local.get $size)))))
    (if (local.get $old_size)
      (then (memory.copy (global.get $end) (local.get $old) (local.get $old_size))))
    (global.get $end))

  ;; Grows the memory to the page that holds the byte before $needed, and by as much again, so that
  ;; it happens rarely.
  (func $grow (param $needed i32)
    (local $pages i32)
    (local.set $pages
      (i32.shr_u
        (i32.add (i32.sub (local.get $needed) (global.get $room)) (i32.const 65535))
        (i32.const 16)))
    (local.set $pages (i32.add (local.get $pages) (i32.shr_u (global.get $room) (i32.const 16))))
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1))
      (then unreachable))
    (global.set $room
      (i32.add (global.get $room) (i32.shl (local.get $pages) (i32.const 16)))))

  (func (export "primatomic:machine/machine@0.0.1#init"))

  (func (export "primatomic:machine/machine@0.0.1#append") (param $event i32) (param $bytes i32)
    ;; APPEND
  )

  ;; Answers with the size of the state, as a number of 4 bytes.
  (func (export "primatomic:machine/machine@0.0.1#query")
    (param $input i32) (param $bytes i32) (result i32)
    (i32.store (i32.const 16) (i32.const 24))
    (i32.store (i32.const 20) (i32.const 4))
    (i32.store (i32.const 24) (i32.sub (global.get $end) (global.get $base)))
    (i32.const 16))

  (func (export "primatomic:machine/machine@0.0.1#snapshot") (result i32)
    (i32.store (i32.const 16) (global.get $base))
    (i32.store (i32.const 20) (i32.sub (global.get $end) (global.get $base)))
    (i32.const 16))

  (func (export "primatomic:machine/machine@0.0.1#restore") (param $state i32) (param $bytes i32)
    (memory.copy (global.get $base) (local.get $state) (local.get $bytes))
    (global.set $end (i32.add (global.get $base) (local.get $bytes))))
)
