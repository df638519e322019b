/* test_translations.c - which language is taken, by code and by Accept-Language; reloading. */
/* SPDX-License-Identifier: MIT */
#include "locale_kit.h"

#include <pthread.h>

static gale_translations *some(void)
{
    write_text("fr.csv", "a,fr\n");
    write_text("pt_BR.csv", "a,pt\n");
    write_text("zh_TW.csv", "a,zh\n");
    return load_csv(NULL);
}

static const char *closest(gale_translations *t, const char *const *codes)
{
    return gale_locale_code(gale_get_locale(t, codes));
}

static void vectors_of_closest_match(void **state)
{
    gale_translations *t = some();

    assert_string_equal(closest(t, CODES("fr-CA")), "fr");
    assert_string_equal(closest(t, CODES("pt")), "en_US");
    assert_string_equal(closest(t, CODES("PT-br")), "pt_BR");
    assert_string_equal(closest(t, CODES("zh-Hant-TW", "fr")), "fr");
    assert_string_equal(closest(t, CODES("de", "fr")), "fr");
    assert_string_equal(closest(t, CODES("")), "en_US");
    assert_string_equal(closest(t, CODES("en")), "en_US");
    assert_string_equal(closest(t, CODES("FR")), "fr");
    assert_string_equal(closest(t, CODES("FR_fr")), "fr");
    assert_string_equal(closest(t, CODES("ZH_tw")), "zh_TW");
    assert_string_equal(closest(t, CODES(NULL)), "en_US");
    assert_string_equal(closest(t, NULL), "en_US");
    assert_string_equal(closest(t, CODES("_", "-", "fr_", "*")), "fr");
    assert_string_equal(closest(t, CODES("abcdefghijklmnopqrstuvwxyzabcdefgh")), "en_US");
    gale_translations_free(t);
}

static void without_translations_it_is_english(void **state)
{
    const gale_locale *l = gale_get_locale(NULL, CODES("fr"));

    assert_string_equal(gale_locale_code(l), "en_US");
    assert_string_equal(gale_locale_name(l), "English (US)");
    assert_string_equal(gale_translate(l, "a"), "a");
    assert_string_equal(gale_translate_plural(l, "a", "b", 2), "b");
    assert_string_equal(gale_pgettext(l, "x", "a"), "a");
    assert_string_equal(gale_npgettext(l, "x", "a", "b", 1), "a");
    assert_ptr_equal(gale_get_browser_locale(NULL, "fr", "de"), l);
    assert_string_equal(logged, "");
}

static void the_default_can_be_another(void **state)
{
    gale_translations *t = some();
    const gale_locale *fr = gale_get_locale(t, CODES("fr"));
    const char *const *codes = gale_get_supported_locales(t);

    assert_string_equal(codes[0], "en_US");
    assert_int_equal(gale_set_default_locale(t, "fr"), 0);
    assert_string_equal(closest(t, CODES("de")), "fr");
    assert_string_equal(closest(t, CODES("en_US")), "fr");
    assert_string_equal(gale_get_supported_locales(t)[0], "fr");
    assert_int_equal(gale_set_default_locale(t, "es-mx"), 0);
    assert_string_equal(closest(t, CODES("de")), "es_MX");
    assert_string_equal(gale_get_supported_locales(t)[0], "es_MX");
    assert_string_equal(gale_translate(gale_get_locale(t, NULL), "a"), "a");
    assert_string_equal(gale_translate(fr, "a"), "fr");
    assert_int_equal(gale_set_default_locale(t, ""), GALE_EINVAL);
    assert_int_equal(gale_set_default_locale(t, "a_b_c"), GALE_EINVAL);
    assert_int_equal(gale_set_default_locale(t, NULL), GALE_EINVAL);
    assert_int_equal(gale_translations_reload(t), 0);
    write_text("de.csv", "a,de\n");
    assert_int_equal(gale_translations_reload(t), 1);
    assert_string_equal(closest(t, CODES("xx")), "es_MX");
    gale_translations_free(t);
}

static void vectors_of_accept_language(void **state)
{
    static const char *const vectors[][2] = {
        { "fr", "fr" },
        { "fr-CA,en;q=0.5", "fr" },
        { "de, pt-BR;q=0.8, fr;q=0.7", "pt_BR" },
        { "fr;q=0.1, pt-br;q=0.2", "pt_BR" },
        { "fr;q=0, pt-BR;q=0.1", "pt_BR" },
        { "fr;q=bad, pt-BR;q=0.1", "pt_BR" },
        { "fr;q=-1, pt-BR;q=0.1", "pt_BR" },
        { "fr;q=, pt-BR;q=0.1", "pt_BR" },
        { "fr; q=0.2 , pt-BR ; q=0.3", "pt_BR" },
        { "fr;Q=0.2, pt-BR;q=0.3", "pt_BR" },
        { "fr;q=0.5, pt-BR;q=0.5", "fr" },
        { "pt-BR;q=0.5, fr;q=0.5", "pt_BR" },
        { "fr;level=1;q=0.2, pt-BR;q=0.3", "pt_BR" },
        { "fr;level=1, pt-BR;q=0.3", "fr" },
        { "de, nl", "en_US" },
        { "*", "en_US" },
        { "*, fr;q=0.5", "fr" },
        { ",,fr,,", "fr" },
        { "zh-Hant-TW, fr;q=0.1", "fr" },
        /* nothing is left: the fallback */
        { "", "zh_TW" },
        { " ", "zh_TW" },
        { ";q=1", "zh_TW" },
        { "fr;q=0", "zh_TW" },
    };
    gale_translations *t = some();

    for (size_t i = 0; i < N_OF(vectors); i++) {
        const gale_locale *l = gale_get_browser_locale(t, vectors[i][0], "zh_TW");

        if (strcmp(gale_locale_code(l), vectors[i][1]) != 0)
            fail_msg("'%s' gave %s, expected %s", vectors[i][0], gale_locale_code(l),
                     vectors[i][1]);
    }
    assert_string_equal(gale_locale_code(gale_get_browser_locale(t, NULL, "fr")), "fr");
    assert_string_equal(gale_locale_code(gale_get_browser_locale(t, NULL, NULL)), "en_US");
    assert_string_equal(gale_locale_code(gale_get_browser_locale(t, NULL, "xx")), "en_US");
    gale_translations_free(t);
}

/* Long ones are neither slow nor harmful. */
static void a_long_accept_language(void **state)
{
    gale_translations *t = some();
    char *text = malloc(1 << 20);

    assert_non_null(text);
    for (size_t i = 0; i < 1 << 20; i += 8)
        memcpy(text + i, "x;q=0.1,", 8);
    memcpy(text, "pt-BR,  ", 8);
    text[(1 << 20) - 1] = 0;
    assert_string_equal(gale_locale_code(gale_get_browser_locale(t, text, NULL)), "pt_BR");
    free(text);
    gale_translations_free(t);
}

static void what_has_changed_is_read_again(void **state)
{
    gale_translations *t = some();
    const gale_locale *before = gale_get_locale(t, CODES("fr"));

    assert_int_equal(gale_translations_reload(t), 0);
    assert_ptr_equal(gale_get_locale(t, CODES("fr")), before);
    write_text("fr.csv", "a,nouveau\n");
    write_text("de.csv", "a,neu\n");
    run("rm '%s'", path_of("zh_TW.csv"));
    assert_int_equal(gale_translations_reload(t), 1);
    assert_string_equal(gale_translate(gale_get_locale(t, CODES("fr")), "a"), "nouveau");
    assert_string_equal(gale_translate(gale_get_locale(t, CODES("de")), "a"), "neu");
    assert_string_equal(gale_translate(gale_get_locale(t, CODES("pt_BR")), "a"), "pt");
    assert_string_equal(closest(t, CODES("zh_TW")), "en_US");
    assert_string_equal(gale_translate(before, "a"), "fr");
    assert_string_equal(gale_locale_code(before), "fr");
    assert_int_equal(gale_translations_reload(t), 0);
    gale_translations_free(t);
}

/* A file that is being written keeps its old texts, and is said to be broken once. */
static void what_becomes_unusable_stays_as_it_was(void **state)
{
    gale_translations *t;

    compile_mo("fr", "", PO("UTF-8", "nplurals=1; plural=0") "msgid \"a\"\nmsgstr \"b\"\n");
    t = load_mo();
    run("cd '%s/fr/LC_MESSAGES' && cp site.mo whole && head -c 40 whole > site.mo", place);
    assert_int_equal(gale_translations_reload(t), 1);
    assert_string_equal(gale_translate(gale_get_locale(t, CODES("fr")), "a"), "b");
    assert_non_null(strstr(logged, "Cannot load translation for 'fr'"));
    logged[0] = 0;
    assert_int_equal(gale_translations_reload(t), 0);
    assert_string_equal(logged, "");
    compile_mo("fr", "", PO("UTF-8", "nplurals=1; plural=0") "msgid \"a\"\nmsgstr \"c\"\n");
    assert_int_equal(gale_translations_reload(t), 1);
    assert_string_equal(gale_translate(gale_get_locale(t, CODES("fr")), "a"), "c");
    run("rm -r '%s/fr' && mv '%s' '%s-moved'", place, place, place);
    assert_true(gale_translations_reload(t) < 0);
    assert_string_equal(gale_translate(gale_get_locale(t, CODES("fr")), "a"), "c");
    run("mv '%s-moved' '%s'", place, place);
    gale_translations_free(t);
}

/* --- threads ------------------------------------------------------------------------ */

struct readers {
    gale_translations *t;
    bool is_over;
    unsigned long n;
};

static void *look_up(void *arg)
{
    struct readers *readers = arg;

    while (!__atomic_load_n(&readers->is_over, __ATOMIC_ACQUIRE)) {
        const gale_locale *l = gale_get_browser_locale(readers->t, "de;q=0.5,fr", NULL);
        const char *text = gale_translate(l, "a");

        if (strcmp(text, "fr") != 0 && strncmp(text, "neu", 3) != 0)
            return readers; /* another text */
        __atomic_add_fetch(&readers->n, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void threads_look_up_while_one_reloads(void **state)
{
    struct readers readers = { .t = some() };
    pthread_t threads[2];
    void *failure;

    for (size_t i = 0; i < N_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up, &readers), 0);
    for (int i = 0; i < 50 || __atomic_load_n(&readers.n, __ATOMIC_RELAXED) < 1000; i++) {
        char text[40];

        snprintf(text, sizeof(text), "a,neu%0*d\n", i % 20 + 1, i);
        write_text("new.txt", text);
        run("mv '%s/new.txt' '%s/fr.csv'", place, place);
        assert_int_equal(gale_translations_reload(readers.t), 1);
    }
    __atomic_store_n(&readers.is_over, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < N_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &failure), 0);
        assert_null(failure);
    }
    gale_translations_free(readers.t);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(vectors_of_closest_match),
        TEST(without_translations_it_is_english),
        TEST(the_default_can_be_another),
        TEST(vectors_of_accept_language),
        TEST(a_long_accept_language),
        TEST(what_has_changed_is_read_again),
        TEST(what_becomes_unusable_stays_as_it_was),
        TEST(threads_look_up_while_one_reloads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
