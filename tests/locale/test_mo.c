/* test_mo.c - gettext's catalogues as msgfmt makes them, and broken ones. */
/* SPDX-License-Identifier: MIT */
#include "locale_kit.h"

#include "base/alloc.h"
#include "locale/catalogue.h"

static const char french[] = /* clang-format off */
    PO("UTF-8", "nplurals=2; plural=(n > 1)")
    "msgid \"school\"\nmsgstr \"école\"\n\n"
    "msgctxt \"law\"\nmsgid \"right\"\nmsgstr \"le droit\"\n\n"
    "msgctxt \"good\"\nmsgid \"right\"\nmsgstr \"le bien\"\n\n"
    "msgctxt \"organization\"\nmsgid \"club\"\nmsgid_plural \"clubs\"\n"
    "msgstr[0] \"le club\"\nmsgstr[1] \"les clubs\"\n\n"
    "msgctxt \"stick\"\nmsgid \"club\"\nmsgid_plural \"clubs\"\n"
    "msgstr[0] \"le bâton\"\nmsgstr[1] \"les bâtons\"\n\n"
    "msgid \"%(n)d file\"\nmsgid_plural \"%(n)d files\"\n"
    "msgstr[0] \"%(n)d fichier\"\nmsgstr[1] \"%(n)d fichiers\"\n\n"
    "msgid \"bow\"\nmsgid_plural \"bows\"\n"
    "msgstr[0] \"arc\"\nmsgstr[1] \"arcs\"\n\n"; /* clang-format on */

static void check_french(const char *options)
{
    gale_translations *t;
    const gale_locale *l;

    compile_mo("fr", options, french);
    t = load_mo();
    l = locale_of(t, "fr_FR");
    assert_string_equal(gale_locale_code(l), "fr");
    assert_string_equal(gale_translate(l, "school"), "école");
    assert_string_equal(gale_translate(l, "nothing"), "nothing");
    assert_string_equal(gale_translate(l, ""), "");
    assert_string_equal(gale_translate(l, "bow"), "arc");
    assert_string_equal(gale_translate(l, "right"), "right");
    assert_string_equal(gale_translate_plural(l, "%(n)d file", "%(n)d files", 0), "%(n)d fichier");
    assert_string_equal(gale_translate_plural(l, "%(n)d file", "%(n)d files", 1), "%(n)d fichier");
    assert_string_equal(gale_translate_plural(l, "%(n)d file", "%(n)d files", 2), "%(n)d fichiers");
    assert_string_equal(gale_translate_plural(l, "dog", "dogs", 0), "dogs");
    assert_string_equal(gale_translate_plural(l, "dog", "dogs", 1), "dog");
    assert_string_equal(gale_pgettext(l, "law", "right"), "le droit");
    assert_string_equal(gale_pgettext(l, "good", "right"), "le bien");
    assert_string_equal(gale_pgettext(l, "hand", "right"), "right");
    assert_string_equal(gale_npgettext(l, "organization", "club", "clubs", 1), "le club");
    assert_string_equal(gale_npgettext(l, "organization", "club", "clubs", 5), "les clubs");
    assert_string_equal(gale_npgettext(l, "stick", "club", "clubs", 5), "les bâtons");
    assert_string_equal(gale_npgettext(l, "music", "bow", "bows", 5), "arcs");
    assert_string_equal(gale_npgettext(l, "music", "flute", "flutes", 5), "flutes");
    assert_string_equal(logged, "");
    gale_translations_free(t);
}

static void codes_of_gettext_can_be_chosen(void **state)
{
    static const char *const listed[] = { "zh", "zh_Hans", "sr_RS@latin", "pt_BR", NULL };
    static const char *const asked[][2] = {
        { "zh-Hans", "zh_Hans" },         { "ZH_HANS", "zh_Hans" }, { "zh_CN", "zh" },
        { "sr_rs@LATIN", "sr_RS@latin" }, { "PT-br", "pt_BR" },     { "sr", "en_US" }
    };
    gale_translations *t;

    for (int i = 0; listed[i]; i++)
        compile_mo(listed[i], "",
                   PO("UTF-8", "nplurals=1; plural=0") "msgid \"a\"\nmsgstr \"b\"\n");
    t = load_mo();
    for (int i = 0; listed[i]; i++)
        assert_string_equal(gale_locale_code(locale_of(t, listed[i])), listed[i]);
    for (size_t i = 0; i < N_OF(asked); i++)
        assert_string_equal(gale_locale_code(locale_of(t, asked[i][0])), asked[i][1]);
    assert_string_equal(gale_locale_code(gale_get_browser_locale(t, "de, zh-hans;q=0.5", NULL)),
                        "zh_Hans");
    assert_int_equal(gale_set_default_locale(t, "sr_RS@latin"), 0);
    assert_string_equal(gale_locale_code(gale_get_locale(t, NULL)), "sr_RS@latin");
    assert_int_equal(gale_set_default_locale(t, "zh-hans"), 0);
    assert_string_equal(gale_locale_code(gale_get_locale(t, NULL)), "zh_Hans");
    for (const char *const *code = gale_get_supported_locales(t); *code; code++)
        assert_string_not_equal(*code, "zh_HANS");
    assert_string_equal(gale_translate(gale_get_locale(t, NULL), "a"), "b");
    gale_translations_free(t);
}

static void no_directory_is_an_error(void **state)
{
    int error = 0;

    assert_null(gale_load_translations(NULL, NULL, &error));
    assert_int_equal(error, GALE_EINVAL);
    assert_string_equal(gale_strerror(error), "gale_load_translations: no directory");
    assert_null(gale_load_translations(NULL, NULL, NULL));
    error = 0;
    assert_null(gale_load_gettext_translations(NULL, "site", &error));
    assert_int_equal(error, GALE_EINVAL);
}

static void both_byte_orders(void **state)
{
    check_french("--endianness=little");
    check_french("--endianness=big");
    check_french("--endianness=big --no-hash");
    check_french("--alignment=16");
}

static void a_long_context_is_found(void **state)
{
    char context[400], po[2000];
    gale_translations *t;

    memset(context, 'x', sizeof(context) - 1);
    context[sizeof(context) - 1] = 0;
    snprintf(po, sizeof(po), "%smsgctxt \"%s\"\nmsgid \"a\"\nmsgstr \"b\"\n",
             PO("UTF-8", "nplurals=1; plural=0"), context);
    compile_mo("fr", "", po);
    t = load_mo();
    assert_string_equal(gale_pgettext(locale_of(t, "fr"), context, "a"), "b");
    gale_translations_free(t);
}

/* The forms of 0, 1, 2 … come out as the letters that the catalogue has for them. */
static void check_plurals(gale_translations *t, const char *code, const char *expected)
{
    const gale_locale *l = locale_of(t, code);

    for (int64_t n = 0; expected[n]; n++) {
        const char *form = gale_translate_plural(l, "one", "many", n);

        if (form[0] != expected[n] || form[1])
            fail_msg("%s: %d gave %s, expected %c", code, (int)n, form, expected[n]);
    }
}

static void plurals_of_languages(void **state)
{
    gale_translations *t;

#define ONE "msgid \"one\"\nmsgid_plural \"many\"\n"
    compile_mo("pl", "",
               PO("UTF-8",
                  "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) "
                  "? 1 : 2)") ONE "msgstr[0] \"a\"\nmsgstr[1] \"b\"\nmsgstr[2] \"c\"\n");
    compile_mo("ru", "",
               PO("UTF-8", "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
                           "(n%100<10 || n%100>=20) ? 1 : 2)") ONE
               "msgstr[0] \"a\"\nmsgstr[1] \"b\"\nmsgstr[2] \"c\"\n");
    compile_mo("ar", "",
               PO("UTF-8", "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && "
                           "n%100<=10 ? 3 : n%100>=11 ? 4 : 5)") ONE
               "msgstr[0] \"a\"\nmsgstr[1] \"b\"\nmsgstr[2] \"c\"\nmsgstr[3] \"d\"\n"
               "msgstr[4] \"e\"\nmsgstr[5] \"f\"\n");
    compile_mo("ja", "", PO("UTF-8", "nplurals=1; plural=0") ONE "msgstr[0] \"a\"\n");
    compile_mo("fr", "",
               PO("UTF-8", "nplurals=2; plural=n>1") ONE "msgstr[0] \"a\"\nmsgstr[1] \"b\"\n");
    t = load_mo();
    check_plurals(t, "pl", "cabbbcccccccccccccccccbbbc");
    check_plurals(t, "ru", "cabbbccccccccccccccccabbbcc");
    check_plurals(t, "ar", "abcddddddddeeeeeeeeee");
    check_plurals(t, "ja", "aaaaa");
    check_plurals(t, "fr", "aabbbbb");
    gale_translations_free(t);
}

/* As gettext's own manual writes it: the field goes on in other lines. */
static void plural_forms_in_more_than_one_line(void **state)
{
    gale_translations *t;

    compile_mo("pl", "",
               PO("UTF-8", "nplurals=3; \\n\"\n\"    plural=n==1 ? 0 : \\n\"\n\"    "
                           "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2") ONE
               "msgstr[0] \"a\"\nmsgstr[1] \"b\"\nmsgstr[2] \"c\"\n");
    compile_mo("cs", "",
               "msgid \"\"\nmsgstr \"\"\n\"Plural-Forms: nplurals=2;\\n\"\n"
               "\"plural=n>1 ? 1 : 0;\\n\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\n" ONE
               "msgstr[0] \"a\"\nmsgstr[1] \"b\"\n");
    t = load_mo();
    check_plurals(t, "pl", "cabbbcccccccccccccccccbbbc");
    check_plurals(t, "cs", "aabb");
    gale_translations_free(t);
}

/* Of a rule that says more forms than the catalogue has, or none at all for a number. */
static void a_form_that_is_not_there(void **state)
{
    gale_translations *t;

    compile_mo("xx", "",
               PO("UTF-8", "nplurals=2; plural=n") ONE "msgstr[0] \"a\"\nmsgstr[1] \"b\"\n");
    compile_mo("yy", "",
               PO("UTF-8", "nplurals=2; plural=1/n") ONE "msgstr[0] \"a\"\nmsgstr[1] \"b\"\n");
    t = load_mo();
    assert_string_equal(gale_translate_plural(locale_of(t, "xx"), "one", "many", 1), "b");
    assert_string_equal(gale_translate_plural(locale_of(t, "xx"), "one", "many", 2), "many");
    assert_string_equal(gale_translate_plural(locale_of(t, "yy"), "one", "many", 0), "many");
    gale_translations_free(t);
}

static void other_charsets(void **state)
{
    gale_translations *t;

    write_text("fr.txt",
               PO("ISO-8859-1", "nplurals=2; plural=n>1") "msgid \"school\"\nmsgstr \"école\"\n");
    write_text("ru.txt",
               PO("KOI8-R", "nplurals=1; plural=0") "msgid \"school\"\nmsgstr \"школа\"\n");
    write_text("pl.txt",
               PO("ISO-8859-2", "nplurals=1; plural=0") "msgid \"school\"\nmsgstr \"szkoła\"\n");
    for (const char *const *code = CODES("fr", "ru", "pl"); *code; code++)
        run("cd '%s' && mkdir -p %s/LC_MESSAGES && "
            "iconv -t $(sed -n 's/.*charset=\\([A-Z0-9-]*\\).*/\\1/p' %s.txt) %s.txt > %s.po && "
            "msgfmt --no-convert -o %s/LC_MESSAGES/site.mo %s.po 2>/dev/null || "
            "msgfmt -o %s/LC_MESSAGES/site.mo %s.po",
            place, *code, *code, *code, *code, *code, *code, *code, *code);
    t = load_mo();
    assert_string_equal(gale_translate(locale_of(t, "fr"), "school"), "école");
    assert_string_equal(gale_translate(locale_of(t, "ru"), "school"), "школа");
    assert_string_equal(gale_translate(locale_of(t, "pl"), "school"), "szkoła");
    assert_string_equal(logged, "");
    gale_translations_free(t);
}

/* What pt_BR does not say, pt does. */
static void a_region_falls_back_to_its_language(void **state)
{
    gale_translations *t;
    const gale_locale *l;

    compile_mo("pt", "",
               PO("UTF-8", "nplurals=2; plural=n!=1") "msgid \"bus\"\nmsgstr \"autocarro\"\n\n"
                                                      "msgid \"hello\"\nmsgstr \"olá\"\n\n" ONE
                                                      "msgstr[0] \"um\"\nmsgstr[1] \"muitos\"\n");
    compile_mo("pt_BR", "",
               PO("UTF-8", "nplurals=2; plural=n>1") "msgid \"bus\"\nmsgstr \"ônibus\"\n");
    t = load_mo();
    l = locale_of(t, "pt-br");
    assert_string_equal(gale_locale_code(l), "pt_BR");
    assert_string_equal(gale_translate(l, "bus"), "ônibus");
    assert_string_equal(gale_translate(l, "hello"), "olá");
    assert_string_equal(gale_translate_plural(l, "one", "many", 2), "muitos");
    assert_string_equal(gale_translate(locale_of(t, "pt_PT"), "bus"), "autocarro");
    gale_translations_free(t);
}

/* --- hostile files ------------------------------------------------------------------ */

static struct gale__catalogue *load_bytes(const void *data, size_t len, int *r)
{
    char *copy = malloc(len ? len : 1); /* so that a read past len is seen */
    struct gale__catalogue *catalogue;

    assert_non_null(copy);
    memcpy(copy, data, len);
    *r = 0;
    catalogue = gale__mo_load((gale_str){ copy, len }, r);
    free(copy);
    return catalogue;
}

static void put(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static size_t read_mo(uint8_t *data, size_t size)
{
    FILE *file = fopen(path_of("fr/LC_MESSAGES/site.mo"), "rb");
    size_t n;

    assert_non_null(file);
    n = fread(data, 1, size, file);
    fclose(file);
    return n;
}

/* No file cut short, and none with one of its words or bytes changed, is read past its end. */
static void damaged_files_stay_in_bounds(void **state)
{
    static const uint32_t words[] = { 0, 1, 28, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8 };
    uint8_t data[8192], changed[8192];
    size_t n;
    int r;

    compile_mo("fr", "--endianness=little", french);
    n = read_mo(data, sizeof(data));
    for (size_t i = 0; i < n; i++) {
        assert_null(load_bytes(data, i, &r)); /* msgfmt ends with a text that counts */
        assert_int_equal(r, GALE_EINVAL);
    }
    for (size_t i = 0; i + 4 <= n; i++) {
        for (size_t k = 0; k < N_OF(words); k++) {
            memcpy(changed, data, n);
            put(changed + i, words[k]);
            gale__catalogue_free(load_bytes(changed, n, &r));
        }
    }
}

static void check_refused(const void *data, size_t len, const char *why)
{
    int r;
    struct gale__catalogue *catalogue = load_bytes(data, len, &r);

    assert_null(catalogue);
    assert_int_equal(r, GALE_EINVAL);
    if (!strstr(gale_strerror(r), why))
        fail_msg("'%s', expected '%s'", gale_strerror(r), why);
}

static void files_that_are_none_say_why(void **state)
{
    uint8_t head[28 + 16];

    check_refused("", 0, "0 bytes");
    check_refused("this is not a catalogue", 23, "first bytes");
    memset(head, 0, sizeof(head));
    put(head, 0x950412de);
    put(head + 4, 0x20000);
    check_refused(head, sizeof(head), "revision 2");
    put(head + 4, 0);
    put(head + 8, 1);
    put(head + 12, 40);
    put(head + 16, 28);
    check_refused(head, sizeof(head), "table");
    put(head + 12, 28);
    put(head + 16, 36);
    put(head + 28, 44);
    check_refused(head, sizeof(head), "text 0");
}

/* A million entries that all are one long text must not become gigabytes. */
static void texts_used_again_and_again_come_to_an_end(void **state)
{
    const uint32_t n = 20000, text = 28 + n * 8, len = 1000000;
    uint8_t *data = calloc(1, text + len + 1);
    struct gale__catalogue *catalogue;
    int r = 0;

    assert_non_null(data);
    put(data, 0x950412de);
    put(data + 8, n);
    put(data + 12, 28);
    put(data + 16, 28);
    for (uint32_t i = 0; i < n; i++) {
        put(data + 28 + i * 8, len);
        put(data + 32 + i * 8, text);
    }
    memset(data + text, 'x', len);
    catalogue = gale__mo_load((gale_str){ (char *)data, text + len + 1 }, &r);
    assert_null(catalogue);
    assert_int_equal(r, GALE_ETOOBIG);
    free(data);
}

static void check_left_out(const char *po, const char *why)
{
    gale_translations *t;

    compile_mo("fr", "", po);
    logged[0] = 0;
    t = load_mo();
    assert_string_equal(gale_locale_code(locale_of(t, "fr")), "en_US");
    assert_non_null(strstr(logged, "Cannot load translation for 'fr': "));
    if (!strstr(logged, why))
        fail_msg("'%s' without '%s'", logged, why);
    gale_translations_free(t);
}

static void broken_catalogues_are_logged_and_left_out(void **state)
{
    gale_translations *t;

    check_left_out(PO("UTF-8", "nplurals=2; plural=n!") "msgid \"a\"\nmsgstr \"b\"\n",
                   "plural form");
    compile_mo("fr", "", PO("UTF-8", "nplurals=1; plural=0") "msgid \"a\"\nmsgstr \"é\"\n");
    run("cd '%s' && sed -i 's/UTF-8/X-WHY/' fr/LC_MESSAGES/site.mo", place);
    t = load_mo();
    assert_non_null(strstr(logged, "unknown charset 'X-WHY'"));
    gale_translations_free(t);
    compile_mo("fr", "", PO("UTF-8", "nplurals=1; plural=0") "msgid \"a\"\nmsgstr \"é\"\n");
    run("cd '%s' && sed -i 's/\\xA9/\\x41/' fr/LC_MESSAGES/site.mo", place);
    t = load_mo();
    assert_non_null(strstr(logged, "not UTF-8"));
    gale_translations_free(t);
}

/* Each allocation of loading may fail. */
static void out_of_memory_is_an_error(void **state)
{
    int r = -ENOMEM;

    compile_mo("fr", "", french);
    write_text("de.csv", "a,b\nc,d,plural\n");
    for (unsigned long n = 1; r < 0; n++) {
        gale_translations *t;

        assert_true(n < 1000);
        gale__alloc_fail(n);
        t = gale_load_gettext_translations(place, "site", &r);
        gale__alloc_fail(0);
        if (t)
            r = 0;
        gale_translations_free(t);
    }
    r = -ENOMEM;
    for (unsigned long n = 1; r < 0; n++) {
        gale_translations *t;

        assert_true(n < 1000);
        gale__alloc_fail(n);
        t = gale_load_translations(place, NULL, &r);
        gale__alloc_fail(0);
        if (t)
            r = 0;
        gale_translations_free(t);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(codes_of_gettext_can_be_chosen),
        TEST(no_directory_is_an_error),
        TEST(both_byte_orders),
        TEST(a_long_context_is_found),
        TEST(plurals_of_languages),
        TEST(plural_forms_in_more_than_one_line),
        TEST(a_form_that_is_not_there),
        TEST(other_charsets),
        TEST(a_region_falls_back_to_its_language),
        TEST(damaged_files_stay_in_bounds),
        TEST(files_that_are_none_say_why),
        TEST(texts_used_again_and_again_come_to_an_end),
        TEST(broken_catalogues_are_logged_and_left_out),
        TEST(out_of_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
