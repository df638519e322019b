/* switch_x86_64.S - the first frame of a coroutine on x86-64 (System V).
 *
 * The switch itself is inline: see switch_x86_64.h.
 */
/* SPDX-License-Identifier: MIT */
    .text

/* Where the first switch lands: the argument and the entry are on the stack. Debuggers
 * and unwinders stop here: there is no caller. */
    .type switch_start, @function
    .balign 16
switch_start:
    .cfi_startproc
    .cfi_undefined %rip
    .cfi_def_cfa %rsp, 8
    endbr64
    popq %rdi
    popq %rax
    callq *%rax
    ud2
    .cfi_endproc
    .size switch_start, . - switch_start

/* gale__switch_prepare(base, top, entry, arg): what a switch saves (rbp, address), then
 * what switch_start takes; that leaves the stack aligned for the call. */
    .globl gale__switch_prepare
    .hidden gale__switch_prepare
    .type gale__switch_prepare, @function
    .balign 16
gale__switch_prepare:
    .cfi_startproc
    endbr64
    leaq switch_start(%rip), %r8
    leaq -48(%rsi), %rax
    movq $0, 0(%rax)
    movq %r8, 8(%rax)
    movq %rcx, 16(%rax)
    movq %rdx, 24(%rax)
    movq $0, 32(%rax)
    movq $0, 40(%rax)
    retq
    .cfi_endproc
    .size gale__switch_prepare, . - gale__switch_prepare

/* Every indirect branch here is prepared for IBT. No mark for the shadow stack: it is
 * not switched. */
    .section .note.gnu.property, "a"
    .balign 8
    .long 4
    .long 16
    .long 5
    .asciz "GNU"
    .long 0xc0000002
    .long 4
    .long 1
    .long 0
    .section .note.GNU-stack, "", @progbits
