/* switch_x86_64.h - the context switch for x86-64, inline.
 *
 * Inline and ending in a jump because of the return-stack predictor: a switch that is
 * called leaves an entry on it that no return takes, and then every return up the new
 * stack is mispredicted, which costs ten times the switch. So nothing is called, and
 * calls and returns stay balanced on both sides. The compiler saves what it needs of
 * the registers named as clobbered; the frame pointer it cannot give up is pushed, below
 * the red zone. The jump is notrack, since there is no endbr64 where it lands.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_SWITCH_X86_64_H
#define GALE_GEN_SWITCH_X86_64_H

#ifdef __AVX512F__
#define GALE__SWITCH_AVX512                                                                        \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25",    \
        "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6",  \
        "k7"
#else
#define GALE__SWITCH_AVX512
#endif

static inline __attribute__((always_inline)) void gale__switch(void **save, void *to)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "pushq %%rbp\n\t"
                     "movq %%rsp, (%%rdi)\n\t"
                     "movq %%rsi, %%rsp\n\t"
                     "popq %%rbp\n\t"
                     "popq %%rax\n\t"
                     "notrack jmp *%%rax\n\t"
                     "1:\n\t"
                     "leaq 128(%%rsp), %%rsp"
                     : "+D"(save), "+S"(to)
                     :
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                       "xmm15" GALE__SWITCH_AVX512);
}

#endif
