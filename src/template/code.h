/* code.h - the instructions of a compiled template.
 *
 * A stack machine over gale_values. The compiler (emit.c) writes it, the interpreter (run.c)
 * runs it, codegen.c turns each instruction into a C statement; what an instruction means is in
 * operators.h for all of them. The depth of the stack at each instruction is the same on every way
 * that leads to it. In comments: [before] -> [after], top at the right.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_CODE_H
#define GALE_TEMPLATE_CODE_H

#include <stdint.h>

#include <gale/template_runtime.h>

struct gale_template_code {
    uint8_t op;
    uint8_t a;
    uint16_t b;
    uint32_t c;
};

/* Each with its operands: name, then what a, b, c are. */
enum gale__op {
    /* output */
    GALE__OP_TEXT,          /* c: texts[c] is written */
    GALE__OP_EMIT,          /* [v] -> []: str(v) is written; bytes as they are */
    GALE__OP_ESCAPE,        /* [v] -> []: the same through xhtml_escape */
    GALE__OP_CONTEXT,       /* a: enum gale__html_context; [v] -> []: escaped for it */
    GALE__OP_TO_BYTES,      /* [v] -> [bytes of str(v)]: what an escape function is given */
    GALE__OP_ESCAPE_LOCAL,  /* b: local. LOAD_LOCAL b, ESCAPE in one */
    GALE__OP_ESCAPE_GLOBAL, /* c: global. LOAD_GLOBAL c, ESCAPE in one */
    GALE__OP_CAPTURE,       /* output goes to a new buffer */
    GALE__OP_CAPTURED,      /* [] -> [bytes]: what came since, output goes where it went before */

    /* values */
    GALE__OP_CONST,       /* c: [] -> [constants[c]] */
    GALE__OP_LOAD_LOCAL,  /* b: local. UNSET: the global of local_fallbacks, else UnboundLocalError
                           */
    GALE__OP_STORE_LOCAL, /* b: [v] -> [] */
    GALE__OP_CLEAR_LOCAL, /* b: UNSET */
    GALE__OP_LOAD_GLOBAL, /* c: [] -> [v], NameError */
    GALE__OP_POP,         /* [v] -> [] */
    GALE__OP_DUP,         /* [v] -> [v v] */
    GALE__OP_DUP2,        /* [u v] -> [u v u v] */
    GALE__OP_ROT2,        /* [u v] -> [v u] */
    GALE__OP_ROT3,        /* [u v w] -> [w u v] */
    GALE__OP_LIST,        /* c: n items -> [list] */
    GALE__OP_TUPLE,       /* c: n items -> [tuple] */
    GALE__OP_DICT,        /* c: n pairs key value … -> [dict] */
    GALE__OP_APPEND, /* a: depth; [… list … v] -> v is appended to the list a below the top */
    GALE__OP_EXTEND, /* a: the same with all items of v (*v in a display) */
    GALE__OP_PUT,    /* a: [… dict … k v] -> dict[k] = v; the dict is a below k */
    GALE__OP_UPDATE, /* a: [… dict … v] -> the dict gets v's items (**v) */
    GALE__OP_LIST_TUPLE, /* [list] -> [tuple of its items] */
    GALE__OP_LAMBDA,     /* c: lambdas[c]; n_defaults values -> [function] */

    /* access */
    GALE__OP_ATTRIBUTE,     /* c: constants[c] is the name; [v] -> [v.name] */
    GALE__OP_INDEX,         /* [v i] -> [v[i]] */
    GALE__OP_SLICE,         /* [v lo hi step] -> [v[lo:hi:step]]; None for what was left out */
    GALE__OP_SET_INDEX,     /* [x v i] -> []: v[i] = x */
    GALE__OP_SET_ATTRIBUTE, /* c: [x v] -> []: always an AttributeError: nothing can be set */
    GALE__OP_SET_SLICE,     /* [x v lo hi step] -> [] */
    GALE__OP_DEL_INDEX,     /* [v i] -> [] */
    GALE__OP_DEL_SLICE,     /* [v lo hi step] -> [] */
    GALE__OP_UNPACK,        /* c: [v] -> n items, the first on top; a: 1 + index of *rest, 0 none */

    /* operators */
    GALE__OP_UNARY,   /* a: enum gale__unary; [v] -> [r] */
    GALE__OP_BINARY,  /* a: enum gale__binary; [u v] -> [r] */
    GALE__OP_INPLACE, /* a: the same for u += v: a list is changed itself */
    GALE__OP_COMPARE, /* a: enum gale__compare; [u v] -> [bool] */
    GALE__OP_NOT,     /* [v] -> [bool] */

    /* control */
    GALE__OP_JUMP,          /* c: target */
    GALE__OP_LOOP,          /* c: the same backwards: a step */
    GALE__OP_IF_FALSE,      /* c: [v] -> [] */
    GALE__OP_IF_TRUE,       /* c: [v] -> [] */
    GALE__OP_IF_FALSE_KEEP, /* c: v stays when it jumps, else [v] -> [] */
    GALE__OP_IF_TRUE_KEEP,  /* c */
    GALE__OP_ITER,          /* b: iterator slot; [v] -> [] */
    GALE__OP_NEXT,          /* b: iterator, c: target when it is through; [] -> [item]. A step */
    GALE__OP_NEXT_LOCAL,    /* a: iterator (below 256), b: local, c: as NEXT, into the local */
    GALE__OP_CALL, /* c: call_sites[c]; [f args… keyword values… (*args) (**kw)] -> [r] */
    GALE__OP_CALL_METHOD, /* c: the same; [v args… …] -> [v.method(…)] */
    GALE__OP_RETURN,      /* end of a lambda; [v] -> */
    GALE__OP_IMPORT,      /* c: constants[c], with all its dots; [] -> [module, or package] */
    GALE__OP_IMPORT_NAME, /* c: constants[c]; [module] -> [value]: of "from"; ImportError */

    /* exceptions: a failure under way is caught at a guard's handler */
    GALE__OP_EXCEPTION, /* [] -> [the caught exception] */
    GALE__OP_MATCHES,   /* [exception class or tuple] -> [bool]: class of the caught one */
    GALE__OP_CAUGHT,    /* the caught exception is done with: what was caught before it counts */
    GALE__OP_RERAISE,   /* the caught exception goes on */
    GALE__OP_END,       /* of the template */
    GALE__N_OPS
};

enum gale__unary { GALE__NEG, GALE__POS, GALE__INVERT };

enum gale__binary {
    GALE__ADD,
    GALE__SUB,
    GALE__MUL,
    GALE__DIV,
    GALE__FLOORDIV,
    GALE__MOD,
    GALE__POW,
    GALE__BITAND,
    GALE__BITOR,
    GALE__BITXOR,
    GALE__SHL,
    GALE__SHR,
};

enum gale__compare {
    GALE__EQ,
    GALE__NE,
    GALE__LT,
    GALE__LE,
    GALE__GT,
    GALE__GE,
    GALE__IN,
    GALE__NOT_IN,
    GALE__IS,
    GALE__IS_NOT,
};

/* Where an expression's output stands in HTML (html_context.c). */
enum gale__html_context {
    GALE__HTML_TEXT,
    GALE__HTML_RCDATA,        /* title, textarea: as text */
    GALE__HTML_QUOTED,        /* in a quoted attribute */
    GALE__HTML_UNQUOTED,      /* an attribute's value without quotes begins with it */
    GALE__HTML_UNQUOTED_PART, /* in such a value */
    GALE__HTML_URL_START,     /* a URL attribute (quoted) begins with it: its scheme is checked */
    GALE__HTML_URL_PART,      /* in a URL's path or beyond */
    GALE__HTML_URL_QUERY,     /* a value in a URL's query: percent-encoded */
    GALE__HTML_URL_SET,       /* in an attribute that has several URLs */
    GALE__HTML_SCRIPT,        /* a value in a script: JSON */
    GALE__HTML_SCRIPT_STRING, /* in a string literal of a script */
    GALE__HTML_ON_SCRIPT,     /* a value in an event attribute: JSON, escaped as an attribute */
    GALE__HTML_ON_STRING,     /* in a string literal there */
    GALE__HTML_STYLE,         /* in a style element: plain values only */
    GALE__HTML_STYLE_ATTRIBUTE,
    GALE__HTML_COMMENT,     /* nothing is written */
    GALE__HTML_OWN_URL,     /* where a script and its like come from: a URL of this site only */
    GALE__HTML_URL_FIRST,   /* the same behind the "/" it begins with: never empty */
    GALE__HTML_URL_SEGMENT, /* the same in a path: it stays within its segment */
    GALE__N_HTML_CONTEXTS
};

/* How an instruction with operand c changes the height of the stack, when it does not jump. */
int gale__op_effect(enum gale__op op, uint32_t c, const gale_template_lambda *lambdas,
                    const gale_template_call_site *sites);

#endif
