/* bare_switch.S - six registers, a stack pointer and a jump; see bare_switch.h.
 *
 * The way back is a jump, not a ret: the processor predicts a ret from its own stack of calls,
 * which knows nothing of the switch, and would guess wrong each time.
 */
/* SPDX-License-Identifier: MIT */
    .text
    .globl bare_switch
    .type bare_switch, @function
    .balign 32
bare_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx
    jmpq *%rcx
    .size bare_switch, . - bare_switch

    .globl bare_start
    .type bare_start, @function
    .balign 16
bare_start:
    movq %r12, %rdi
    callq *%rbx
    ud2
    .size bare_start, . - bare_start

    .section .note.GNU-stack, "", @progbits
