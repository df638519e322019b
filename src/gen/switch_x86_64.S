/* switch_x86_64.S - the context switch for x86-64 (System V): six registers and a jump.
 *
 * The jump back is not a ret: the return-stack predictor knows nothing of the other
 * stack, and a mispredicted ret costs more than the whole switch. It is notrack because
 * it lands behind a call, where there is no endbr64. See switch.h.
 */
/* SPDX-License-Identifier: MIT */
    .text
    .globl gale__switch
    .hidden gale__switch
    .type gale__switch, @function
    .balign 32
gale__switch:
    .cfi_startproc
    endbr64
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    movq %rsp, (%rdi)
    /* The other stack holds the same frame, so the description above stays true. */
    movq %rsi, %rsp
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    notrack jmp *%rcx
    .cfi_endproc
    .size gale__switch, . - gale__switch

/* The first frame of a coroutine: entry in rbx, its argument in r12. Debuggers and
 * unwinders stop here: there is no caller. */
    .type switch_start, @function
    .balign 16
switch_start:
    .cfi_startproc
    .cfi_undefined %rip
    .cfi_def_cfa %rsp, 8
    endbr64
    movq %r12, %rdi
    xorl %ebp, %ebp
    callq *%rbx
    ud2
    .cfi_endproc
    .size switch_start, . - switch_start

/* gale__switch_prepare(base, top, entry, arg) */
    .globl gale__switch_prepare
    .hidden gale__switch_prepare
    .type gale__switch_prepare, @function
    .balign 16
gale__switch_prepare:
    .cfi_startproc
    endbr64
    leaq switch_start(%rip), %r8
    leaq -72(%rsi), %rax /* so that rsp is aligned before the call */
    movq $0, 0(%rax)
    movq $0, 8(%rax)
    movq $0, 16(%rax)
    movq %rcx, 24(%rax)
    movq %rdx, 32(%rax)
    movq $0, 40(%rax)
    movq %r8, 48(%rax)
    movq $0, 56(%rax)
    movq $0, 64(%rax)
    retq
    .cfi_endproc
    .size gale__switch_prepare, . - gale__switch_prepare

/* Every indirect branch of this file is prepared for IBT (no shadow-stack mark: the
 * shadow stack is not switched). */
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
