/* names.c - what languages are called, by themselves and in English; which are written from right
 * to left. The table is sorted by code. */
/* SPDX-License-Identifier: MIT */
#include "locale/names.h"

#include "base/str.h"
#include "locale/code.h"

struct name {
    const char *code, *native, *english;
};

static const struct name table[] = {
    { "af", "Afrikaans", "Afrikaans" },
    { "af_ZA", "Afrikaans", "Afrikaans" },
    { "am", "አማርኛ", "Amharic" },
    { "am_ET", "አማርኛ", "Amharic" },
    { "ar", "العربية", "Arabic" },
    { "ar_AE", "العربية (الإمارات)", "Arabic (UAE)" },
    { "ar_AR", "العربية", "Arabic" },
    { "ar_EG", "العربية (مصر)", "Arabic (Egypt)" },
    { "ar_MA", "العربية (المغرب)", "Arabic (Morocco)" },
    { "ar_SA", "العربية (السعودية)", "Arabic (Saudi Arabia)" },
    { "as", "অসমীয়া", "Assamese" },
    { "az", "Azərbaycan", "Azerbaijani" },
    { "be", "Беларуская", "Belarusian" },
    { "bg", "Български", "Bulgarian" },
    { "bg_BG", "Български", "Bulgarian" },
    { "bn", "বাংলা", "Bengali" },
    { "bn_IN", "বাংলা", "Bengali" },
    { "bo", "བོད་སྐད་", "Tibetan" },
    { "br", "Brezhoneg", "Breton" },
    { "bs", "Bosanski", "Bosnian" },
    { "bs_BA", "Bosanski", "Bosnian" },
    { "ca", "Català", "Catalan" },
    { "ca_ES", "Català", "Catalan" },
    { "ckb", "کوردیی ناوەندی", "Central Kurdish" },
    { "cs", "Čeština", "Czech" },
    { "cs_CZ", "Čeština", "Czech" },
    { "cy", "Cymraeg", "Welsh" },
    { "cy_GB", "Cymraeg", "Welsh" },
    { "da", "Dansk", "Danish" },
    { "da_DK", "Dansk", "Danish" },
    { "de", "Deutsch", "German" },
    { "de_AT", "Deutsch (Österreich)", "German (Austria)" },
    { "de_CH", "Deutsch (Schweiz)", "German (Switzerland)" },
    { "de_DE", "Deutsch", "German" },
    { "dv", "ދިވެހި", "Dhivehi" },
    { "el", "Ελληνικά", "Greek" },
    { "el_GR", "Ελληνικά", "Greek" },
    { "en", "English", "English" },
    { "en_AU", "English (Australia)", "English (Australia)" },
    { "en_CA", "English (Canada)", "English (Canada)" },
    { "en_GB", "English (UK)", "English (UK)" },
    { "en_IE", "English (Ireland)", "English (Ireland)" },
    { "en_IN", "English (India)", "English (India)" },
    { "en_NZ", "English (New Zealand)", "English (New Zealand)" },
    { "en_US", "English (US)", "English (US)" },
    { "en_ZA", "English (South Africa)", "English (South Africa)" },
    { "eo", "Esperanto", "Esperanto" },
    { "es", "Español", "Spanish" },
    { "es_AR", "Español (Argentina)", "Spanish (Argentina)" },
    { "es_ES", "Español (España)", "Spanish (Spain)" },
    { "es_LA", "Español", "Spanish" },
    { "es_MX", "Español (México)", "Spanish (Mexico)" },
    { "et", "Eesti", "Estonian" },
    { "et_EE", "Eesti", "Estonian" },
    { "eu", "Euskara", "Basque" },
    { "eu_ES", "Euskara", "Basque" },
    { "fa", "فارسی", "Persian" },
    { "fa_IR", "فارسی", "Persian" },
    { "fi", "Suomi", "Finnish" },
    { "fi_FI", "Suomi", "Finnish" },
    { "fil", "Filipino", "Filipino" },
    { "fo", "Føroyskt", "Faroese" },
    { "fr", "Français", "French" },
    { "fr_BE", "Français (Belgique)", "French (Belgium)" },
    { "fr_CA", "Français (Canada)", "French (Canada)" },
    { "fr_CH", "Français (Suisse)", "French (Switzerland)" },
    { "fr_FR", "Français", "French" },
    { "fy", "Frysk", "Western Frisian" },
    { "ga", "Gaeilge", "Irish" },
    { "ga_IE", "Gaeilge", "Irish" },
    { "gd", "Gàidhlig", "Scottish Gaelic" },
    { "gl", "Galego", "Galician" },
    { "gl_ES", "Galego", "Galician" },
    { "gu", "ગુજરાતી", "Gujarati" },
    { "ha", "Hausa", "Hausa" },
    { "he", "עברית", "Hebrew" },
    { "he_IL", "עברית", "Hebrew" },
    { "hi", "हिन्दी", "Hindi" },
    { "hi_IN", "हिन्दी", "Hindi" },
    { "hr", "Hrvatski", "Croatian" },
    { "hr_HR", "Hrvatski", "Croatian" },
    { "hu", "Magyar", "Hungarian" },
    { "hu_HU", "Magyar", "Hungarian" },
    { "hy", "Հայերեն", "Armenian" },
    { "ia", "Interlingua", "Interlingua" },
    { "id", "Bahasa Indonesia", "Indonesian" },
    { "id_ID", "Bahasa Indonesia", "Indonesian" },
    { "ig", "Igbo", "Igbo" },
    { "is", "Íslenska", "Icelandic" },
    { "is_IS", "Íslenska", "Icelandic" },
    { "it", "Italiano", "Italian" },
    { "it_CH", "Italiano (Svizzera)", "Italian (Switzerland)" },
    { "it_IT", "Italiano", "Italian" },
    { "ja", "日本語", "Japanese" },
    { "ja_JP", "日本語", "Japanese" },
    { "jv", "Jawa", "Javanese" },
    { "ka", "ქართული", "Georgian" },
    { "kk", "Қазақ тілі", "Kazakh" },
    { "km", "ខ្មែរ", "Khmer" },
    { "kn", "ಕನ್ನಡ", "Kannada" },
    { "ko", "한국어", "Korean" },
    { "ko_KR", "한국어", "Korean" },
    { "ku", "Kurdî", "Kurdish" },
    { "ky", "Кыргызча", "Kyrgyz" },
    { "la", "Latina", "Latin" },
    { "lb", "Lëtzebuergesch", "Luxembourgish" },
    { "lo", "ລາວ", "Lao" },
    { "lt", "Lietuvių", "Lithuanian" },
    { "lt_LT", "Lietuvių", "Lithuanian" },
    { "lv", "Latviešu", "Latvian" },
    { "lv_LV", "Latviešu", "Latvian" },
    { "mg", "Malagasy", "Malagasy" },
    { "mi", "Māori", "Māori" },
    { "mk", "Македонски", "Macedonian" },
    { "mk_MK", "Македонски", "Macedonian" },
    { "ml", "മലയാളം", "Malayalam" },
    { "ml_IN", "മലയാളം", "Malayalam" },
    { "mn", "Монгол", "Mongolian" },
    { "mr", "मराठी", "Marathi" },
    { "ms", "Bahasa Melayu", "Malay" },
    { "ms_MY", "Bahasa Melayu", "Malay" },
    { "mt", "Malti", "Maltese" },
    { "my", "မြန်မာ", "Burmese" },
    { "nb", "Norsk bokmål", "Norwegian Bokmål" },
    { "nb_NO", "Norsk bokmål", "Norwegian Bokmål" },
    { "ne", "नेपाली", "Nepali" },
    { "nl", "Nederlands", "Dutch" },
    { "nl_BE", "Nederlands (België)", "Dutch (Belgium)" },
    { "nl_NL", "Nederlands", "Dutch" },
    { "nn", "Norsk nynorsk", "Norwegian Nynorsk" },
    { "nn_NO", "Norsk nynorsk", "Norwegian Nynorsk" },
    { "no", "Norsk", "Norwegian" },
    { "oc", "Occitan", "Occitan" },
    { "or", "ଓଡ଼ିଆ", "Odia" },
    { "pa", "ਪੰਜਾਬੀ", "Punjabi" },
    { "pa_IN", "ਪੰਜਾਬੀ", "Punjabi" },
    { "pl", "Polski", "Polish" },
    { "pl_PL", "Polski", "Polish" },
    { "ps", "پښتو", "Pashto" },
    { "pt", "Português", "Portuguese" },
    { "pt_BR", "Português (Brasil)", "Portuguese (Brazil)" },
    { "pt_PT", "Português (Portugal)", "Portuguese (Portugal)" },
    { "rm", "Rumantsch", "Romansh" },
    { "ro", "Română", "Romanian" },
    { "ro_RO", "Română", "Romanian" },
    { "ru", "Русский", "Russian" },
    { "ru_RU", "Русский", "Russian" },
    { "rw", "Ikinyarwanda", "Kinyarwanda" },
    { "sd", "سنڌي", "Sindhi" },
    { "se", "Davvisámegiella", "Northern Sami" },
    { "si", "සිංහල", "Sinhala" },
    { "sk", "Slovenčina", "Slovak" },
    { "sk_SK", "Slovenčina", "Slovak" },
    { "sl", "Slovenščina", "Slovenian" },
    { "sl_SI", "Slovenščina", "Slovenian" },
    { "so", "Soomaali", "Somali" },
    { "sq", "Shqip", "Albanian" },
    { "sq_AL", "Shqip", "Albanian" },
    { "sr", "Српски", "Serbian" },
    { "sr_RS", "Српски", "Serbian" },
    { "sv", "Svenska", "Swedish" },
    { "sv_FI", "Svenska (Finland)", "Swedish (Finland)" },
    { "sv_SE", "Svenska", "Swedish" },
    { "sw", "Kiswahili", "Swahili" },
    { "sw_KE", "Kiswahili", "Swahili" },
    { "ta", "தமிழ்", "Tamil" },
    { "ta_IN", "தமிழ்", "Tamil" },
    { "te", "తెలుగు", "Telugu" },
    { "te_IN", "తెలుగు", "Telugu" },
    { "tg", "Тоҷикӣ", "Tajik" },
    { "th", "ไทย", "Thai" },
    { "th_TH", "ไทย", "Thai" },
    { "ti", "ትግርኛ", "Tigrinya" },
    { "tk", "Türkmen dili", "Turkmen" },
    { "tl", "Tagalog", "Tagalog" },
    { "tl_PH", "Filipino", "Filipino" },
    { "tr", "Türkçe", "Turkish" },
    { "tr_TR", "Türkçe", "Turkish" },
    { "tt", "Татар", "Tatar" },
    { "ug", "ئۇيغۇرچە", "Uyghur" },
    { "uk", "Українська", "Ukrainian" },
    { "uk_UA", "Українська", "Ukrainian" },
    { "ur", "اردو", "Urdu" },
    { "uz", "Oʻzbek", "Uzbek" },
    { "vi", "Tiếng Việt", "Vietnamese" },
    { "vi_VN", "Tiếng Việt", "Vietnamese" },
    { "xh", "IsiXhosa", "Xhosa" },
    { "yi", "ייִדיש", "Yiddish" },
    { "yo", "Yorùbá", "Yoruba" },
    { "zh", "中文", "Chinese" },
    { "zh_CN", "中文(简体)", "Chinese (Simplified)" },
    { "zh_HK", "中文(香港)", "Chinese (Hong Kong)" },
    { "zh_TW", "中文(繁體)", "Chinese (Traditional)" },
    { "zu", "IsiZulu", "Zulu" },
};

static const struct name *find(gale_str code)
{
    size_t low = 0, high = sizeof(table) / sizeof(table[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = gale__code_compare(code, gale__str(table[middle].code));

        if (order == 0)
            return &table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *gale__names_find(gale_str code, const char **english)
{
    const struct name *name = find(code);

    if (english)
        *english = name ? name->english : NULL;
    return name ? name->native : NULL;
}

const char *gale__name_of_language(gale_str code)
{
    const struct name *name = find(code);

    if (!name)
        name = find(gale__language_of(code));
    return name ? name->native : "Unknown";
}

bool gale__is_rtl(gale_str code)
{
    static const char *const languages[] = { "ar", "ckb", "dv", "fa", "he", "iw", "ks",
                                             "ps", "sd",  "ug", "ur", "yi", NULL };

    for (size_t i = 0; languages[i]; i++)
        if (gale__str_equal(gale__language_of(code), gale__str(languages[i])))
            return true;
    return false;
}
