/* test_csv.c - catalogues of CSV files: encodings, quoting, and what is wrong with them. */
/* SPDX-License-Identifier: MIT */
#include "locale_kit.h"

static void check_school(const char *encoding)
{
    gale_translations *t = load_csv(encoding);
    const gale_locale *fr = locale_of(t, "fr");

    assert_string_equal(gale_locale_code(fr), "fr");
    assert_string_equal(gale_translate(fr, "school"), "école");
    assert_string_equal(logged, "");
    gale_translations_free(t);
}

static void utf8_with_and_without_a_mark(void **state)
{
    write_text("fr.csv", "\"school\",\"école\"\n");
    check_school(NULL);
    check_school("utf-8");
    write_text("fr.csv", "\xEF\xBB\xBF\"school\",\"école\"\n");
    check_school(NULL);
    check_school("UTF-8");
    check_school("utf-8-sig");
}

static void utf16_of_both_byte_orders(void **state)
{
    write_text("fr.txt", "school,école\r\n");
    run("cd '%s' && { printf '\\377\\376'; iconv -t utf-16le fr.txt; } > fr.csv", place);
    check_school(NULL);
    check_school("utf-16");
    check_school("utf-16-le");
    run("cd '%s' && { printf '\\376\\377'; iconv -t utf-16be fr.txt; } > fr.csv", place);
    check_school(NULL);
    check_school("utf-16");
    check_school("utf-16-be");
    run("cd '%s' && iconv -t utf-16be fr.txt > fr.csv", place);
    check_school("utf-16be");
    run("cd '%s' && iconv -t utf-16le fr.txt > fr.csv", place);
    check_school("utf-16");
}

static void latin1_when_it_is_said(void **state)
{
    write_text("fr.csv", "school,\xE9"
                         "cole\n");
    check_school("latin-1");
    check_school("ISO-8859-1");
}

/* Tornado takes the encoding of the first file for all. */
static void each_file_has_its_own_encoding(void **state)
{
    gale_translations *t;

    write_text("de.txt", "school,Schüle\n");
    run("cd '%s' && { printf '\\377\\376'; iconv -t utf-16le de.txt; } > de.csv", place);
    run("cd '%s' && { printf '\\376\\377'; iconv -t utf-16be de.txt; } > af.csv", place);
    write_text("fr.csv", "school,école\n");
    write_text("it.csv", "\xEF\xBB\xBFschool,scuolà\n");
    t = load_csv(NULL);
    assert_string_equal(gale_translate(locale_of(t, "de"), "school"), "Schüle");
    assert_string_equal(gale_translate(locale_of(t, "af"), "school"), "Schüle");
    assert_string_equal(gale_translate(locale_of(t, "fr"), "school"), "école");
    assert_string_equal(gale_translate(locale_of(t, "it"), "school"), "scuolà");
    gale_translations_free(t);
}

static void characters_beyond_16_bits(void **state)
{
    gale_translations *t;

    write_text("ja.txt", "fish,𩸽🐟\n");
    run("cd '%s' && iconv -t utf-16 ja.txt > ja.csv", place);
    t = load_csv(NULL);
    assert_string_equal(gale_translate(locale_of(t, "ja"), "fish"), "𩸽🐟");
    gale_translations_free(t);
}

static void cells_are_quoted_as_excel_does(void **state)
{
    static const char *const pairs[][2] = {
        { "comma, inside", "virgule, dedans" },
        { "say \"hi\"", "dites \"salut\"" },
        { "two\nlines", "deux\nlignes" },
        { "crlf\ninside", "oui" },
        { "trimmed", "rogné" },
        { "after quotes", "tail" },
        { "a\"b", "c\"d" },
        { "wide", "espaces" },
        { "old mac", "retour" },
        { "empty", "" },
        { "doubled", "last one" },
        { "no line end", "fin" },
    };
    gale_translations *t;
    const gale_locale *fr;

    write_text("fr.csv", "\"comma, inside\",\"virgule, dedans\"\r\n"
                         "\"say \"\"hi\"\"\",\"dites \"\"salut\"\"\"\n"
                         "\"two\nlines\",\"deux\nlignes\"\n"
                         "\n"
                         "\"crlf\r\ninside\",oui,unknown,and more,cells\r\n"
                         "  trimmed\t, rogn\xC3\xA9 \n"
                         "\"after\" quotes,\"ta\"il\n"
                         "a\"b,c\"d\n"
                         "\xC2\xA0wide\xE3\x80\x80,\xE2\x80\x83"
                         "espaces\n"
                         "old mac,retour\r"
                         "empty,\n"
                         "doubled,first one\n"
                         "doubled,last one,\n"
                         "no line end,fin");
    t = load_csv(NULL);
    fr = locale_of(t, "fr");
    for (size_t i = 0; i < N_OF(pairs); i++)
        assert_string_equal(gale_translate(fr, pairs[i][0]), pairs[i][1]);
    assert_string_equal(gale_translate(fr, "unheard of"), "unheard of");
    assert_string_equal(logged, "");
    gale_translations_free(t);
}

static void singular_and_plural_are_chosen_by_count(void **state)
{
    gale_translations *t;
    const gale_locale *es;

    write_text("es.csv", "%(name)s liked this,A %(name)s les gustó esto,plural\n"
                         "%(name)s liked this,A %(name)s le gustó esto,singular\n"
                         "%(n)d cats,%(n)d gatos,plural\n"
                         "%(name)s liked this,gusta,unknown\n");
    t = load_csv(NULL);
    es = locale_of(t, "es");
    assert_string_equal(gale_translate(es, "%(name)s liked this"), "gusta");
    assert_string_equal(gale_translate_plural(es, "%(name)s liked this", "%(name)s liked this", 1),
                        "A %(name)s le gustó esto");
    assert_string_equal(gale_translate_plural(es, "%(name)s liked this", "%(name)s liked this", 0),
                        "A %(name)s les gustó esto");
    assert_string_equal(gale_translate_plural(es, "one cat", "%(n)d cats", 1), "one cat");
    assert_string_equal(gale_translate_plural(es, "one cat", "%(n)d cats", 2), "%(n)d gatos");
    assert_string_equal(gale_translate_plural(es, "dog", "dogs", -1), "dogs");
    gale_translations_free(t);
}

static void what_cannot_be_used_is_logged_with_file_and_line(void **state)
{
    char expected[3000];
    gale_translations *t;

    write_bytes("fr.csv",
                "a,b,dual\n"
                "\"two\nlines\",x,\n"
                "lonely\n"
                "bad,\xE9\n"
                "nul,a\0b\n"
                "good,bon\n"
                "open,\"never closed\nlost,perdu\n",
                strlen("a,b,dual\n\"two\nlines\",x,\nlonely\nbad,\xE9\nnul,a") + 1 +
                    strlen("b\ngood,bon\nopen,\"never closed\nlost,perdu\n"));
    t = load_csv(NULL);
    assert_string_equal(gale_translate(locale_of(t, "fr"), "good"), "bon");
    assert_string_equal(gale_translate(locale_of(t, "fr"), "two\nlines"), "x");
    assert_string_equal(gale_translate(locale_of(t, "fr"), "a"), "a");
    assert_string_equal(gale_translate(locale_of(t, "fr"), "bad"), "bad");
    snprintf(expected, sizeof(expected),
             "Unrecognized plural indicator 'dual' in %1$s/fr.csv line 1\n"
             "A text without a translation in %1$s/fr.csv line 4\n"
             "Text that is not of the file's encoding in %1$s/fr.csv line 5\n"
             "A NUL character in %1$s/fr.csv line 6\n"
             "A quote that is never closed in %1$s/fr.csv line 8\n",
             place);
    assert_string_equal(logged, expected);
    gale_translations_free(t);
}

static void halves_of_characters_are_no_text(void **state)
{
    gale_translations *t;

    write_bytes("fr.csv",
                "\xFF\xFE"
                "a\0,\0\x00\xD8\n\0" /* a high surrogate alone */
                "b\0,\0\x00\xDC\n\0" /* a low one */
                "c\0,\0d\0\n\0"
                "e\0,\0f\0\n", /* an odd byte at the end */
                2 + 8 + 8 + 8 + 7);
    t = load_csv(NULL);
    assert_string_equal(gale_translate(locale_of(t, "fr"), "c"), "d");
    assert_string_equal(gale_translate(locale_of(t, "fr"), "a"), "a");
    assert_string_equal(gale_translate(locale_of(t, "fr"), "b"), "b");
    assert_non_null(strstr(logged, "fr.csv line 1\n"));
    assert_non_null(strstr(logged, "fr.csv line 2\n"));
    assert_non_null(strstr(logged, "fr.csv line 4\n"));
    gale_translations_free(t);
}

/* Tornado stops at a file name with two dots. */
static void files_with_other_names_are_logged_and_left_out(void **state)
{
    const char *const *codes;
    gale_translations *t;

    write_text("fr.csv", "a,b\n");
    write_text("pt_BR.csv", "a,c\n");
    write_text("es_419.csv", "a,d\n");
    write_text("fr.old.csv", "a,x\n");
    write_text("FR.csv", "a,x\n");
    write_text("pt-PT.csv", "a,x\n");
    write_text("zh_Hant_TW.csv", "a,x\n");
    write_text("_BR.csv", "a,x\n");
    write_text("de_.csv", "a,x\n");
    write_text("notes.txt", "a,x\n");
    write_text(".it.csv", "a,x\n");
    run("mkdir '%s/it.csv' && ln -s nowhere '%s/nl.csv'", place, place);
    t = load_csv(NULL);
    codes = gale_get_supported_locales(t);
    assert_string_equal(codes[0], "en_US");
    assert_string_equal(codes[1], "es_419");
    assert_string_equal(codes[2], "fr");
    assert_string_equal(codes[3], "pt_BR");
    assert_null(codes[4]);
    assert_non_null(strstr(logged, "Unrecognized locale 'fr.old' (path: "));
    assert_non_null(strstr(logged, "/fr.old.csv)\n"));
    assert_non_null(strstr(logged, "Unrecognized locale 'FR'"));
    assert_non_null(strstr(logged, "Unrecognized locale 'pt-PT'"));
    assert_non_null(strstr(logged, "Unrecognized locale 'zh_Hant_TW'"));
    assert_non_null(strstr(logged, "Unrecognized locale '_BR'"));
    assert_non_null(strstr(logged, "Unrecognized locale 'de_'"));
    assert_non_null(strstr(logged, "Cannot load translation for 'it': "));
    assert_null(strstr(logged, "notes"));
    gale_translations_free(t);
}

static void a_file_that_cannot_be_read_is_logged(void **state)
{
    gale_translations *t;

    write_text("fr.csv", "a,b\n");
    run("mkfifo '%s/de.csv'", place);
    t = load_csv(NULL);
    assert_string_equal(gale_translate(locale_of(t, "fr"), "a"), "b");
    assert_non_null(strstr(logged, "Cannot load translation for 'de': "));
    gale_translations_free(t);
}

static void a_directory_that_is_not_there_is_a_failure(void **state)
{
    int r = 0;

    assert_null(gale_load_translations(path_of("none"), NULL, &r));
    assert_true(r < 0);
    assert_non_null(strstr(gale_strerror(r), "/none"));
    assert_null(gale_load_gettext_translations(path_of("none"), "site", &r));
    assert_non_null(strstr(gale_strerror(r), "/none"));
    assert_null(gale_load_translations(place, "utf-32", &r));
    assert_int_equal(r, GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(r), "utf-32"));
    assert_null(gale_load_gettext_translations(place, "../x", &r));
    assert_int_equal(r, GALE_EINVAL);
    assert_null(gale_load_translations(path_of("none"), NULL, NULL));
}

/* CSV has no contexts: said once for each set, and the text without one counts. */
static void contexts_are_passed_over(void **state)
{
    gale_translations *t;
    const gale_locale *fr;

    write_text("fr.csv", "right,droit\nclub,clubs-fr,plural\n");
    t = load_csv(NULL);
    fr = locale_of(t, "fr");
    assert_string_equal(gale_pgettext(locale_of(t, "en_US"), "law", "right"), "right");
    assert_string_equal(logged, "");
    assert_string_equal(gale_pgettext(fr, "law", "right"), "droit");
    assert_string_equal(logged, "pgettext: translations of CSV files have no contexts\n");
    assert_string_equal(gale_npgettext(fr, "golf", "the club", "club", 3), "clubs-fr");
    assert_string_equal(logged, "pgettext: translations of CSV files have no contexts\n");
    gale_translations_free(t);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(utf8_with_and_without_a_mark),
        TEST(utf16_of_both_byte_orders),
        TEST(latin1_when_it_is_said),
        TEST(each_file_has_its_own_encoding),
        TEST(characters_beyond_16_bits),
        TEST(cells_are_quoted_as_excel_does),
        TEST(singular_and_plural_are_chosen_by_count),
        TEST(what_cannot_be_used_is_logged_with_file_and_line),
        TEST(halves_of_characters_are_no_text),
        TEST(files_with_other_names_are_logged_and_left_out),
        TEST(a_file_that_cannot_be_read_is_logged),
        TEST(a_directory_that_is_not_there_is_a_failure),
        TEST(contexts_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
