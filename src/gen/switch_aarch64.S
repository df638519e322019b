/* switch_aarch64.S - the context switch for AArch64 (AAPCS64): x19-x30 and d8-d15.
 *
 * The link register is kept unsigned on the stack, so this file carries the BTI mark
 * only, not the PAC one. See switch.h.
 */
/* SPDX-License-Identifier: MIT */
    .text
    .globl gale__switch
    .hidden gale__switch
    .type gale__switch, %function
    .balign 32
gale__switch:
    .cfi_startproc
    hint #34 /* bti c */
    sub sp, sp, #160
    .cfi_adjust_cfa_offset 160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x20, 8
    .cfi_rel_offset x21, 16
    .cfi_rel_offset x22, 24
    .cfi_rel_offset x23, 32
    .cfi_rel_offset x24, 40
    .cfi_rel_offset x25, 48
    .cfi_rel_offset x26, 56
    .cfi_rel_offset x27, 64
    .cfi_rel_offset x28, 72
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    /* The other stack holds the same frame, so the description above stays true. */
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    .cfi_def_cfa_offset 0
    .cfi_restore x19
    .cfi_restore x20
    .cfi_restore x21
    .cfi_restore x22
    .cfi_restore x23
    .cfi_restore x24
    .cfi_restore x25
    .cfi_restore x26
    .cfi_restore x27
    .cfi_restore x28
    .cfi_restore x29
    .cfi_restore x30
    ret
    .cfi_endproc
    .size gale__switch, . - gale__switch

/* The first frame of a coroutine: entry in x19, its argument in x20. Debuggers and
 * unwinders stop here: there is no caller. */
    .type switch_start, %function
    .balign 16
switch_start:
    .cfi_startproc
    .cfi_undefined x30
    hint #36 /* bti j */
    mov x0, x20
    mov x29, #0
    blr x19
    brk #1
    .cfi_endproc
    .size switch_start, . - switch_start

/* gale__switch_prepare(base, top, entry, arg) */
    .globl gale__switch_prepare
    .hidden gale__switch_prepare
    .type gale__switch_prepare, %function
    .balign 16
gale__switch_prepare:
    .cfi_startproc
    hint #34 /* bti c */
    sub x9, x1, #160
    adrp x10, switch_start
    add x10, x10, :lo12:switch_start
    stp x2, x3, [x9, #0]
    stp xzr, xzr, [x9, #16]
    stp xzr, xzr, [x9, #32]
    stp xzr, xzr, [x9, #48]
    stp xzr, xzr, [x9, #64]
    stp xzr, x10, [x9, #80]
    stp xzr, xzr, [x9, #96]
    stp xzr, xzr, [x9, #112]
    stp xzr, xzr, [x9, #128]
    stp xzr, xzr, [x9, #144]
    mov x0, x9
    ret
    .cfi_endproc
    .size gale__switch_prepare, . - gale__switch_prepare

    .section .note.gnu.property, "a"
    .balign 8
    .long 4
    .long 16
    .long 5
    .asciz "GNU"
    .long 0xc0000000
    .long 4
    .long 1
    .long 0
    .section .note.GNU-stack, "", %progbits
