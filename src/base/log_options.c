/* log_options.c - Tornado's logging options: defined on a parser, and applied. */
/* SPDX-License-Identifier: MIT */
#include <gale/error.h>
#include <gale/log.h>
#include <gale/options.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

static const gale_option_def defs[] = {
    { .name = "logging",
      .fallback = "info",
      .metavar = "debug|info|warning|error|none",
      .help = "Set the log level; 'none' turns logging off." },
    { .name = "log_to_stderr",
      .type = GALE_OPTION_BOOL,
      .help = "Send log output to stderr (colorized if possible). By default use stderr if "
              "--log-file-prefix is not set." },
    { .name = "log_file_prefix",
      .metavar = "PATH",
      .help = "Path prefix for log files. With several processes, give each its own (for "
              "example with the port in it)." },
    { .name = "log_file_max_size",
      .type = GALE_OPTION_INT64,
      .fallback = "100000000",
      .help = "max size of log files before rollover, 0 for none" },
    { .name = "log_file_num_backups",
      .type = GALE_OPTION_INT,
      .fallback = "10",
      .help = "number of log files to keep" },
    { .name = "log_rotate_when",
      .fallback = "midnight",
      .help = "the type of interval, with log_rotate_mode=time: S, M, H, D, midnight, W0-W6" },
    { .name = "log_rotate_interval",
      .type = GALE_OPTION_INT,
      .fallback = "1",
      .help = "the interval, with log_rotate_mode=time" },
    { .name = "log_rotate_mode",
      .fallback = "size",
      .help = "the mode of rotating files: size or time" },
    { .name = "log_format",
      .fallback = "text",
      .metavar = "text|json",
      .help = "text, or a JSON object for each line" },
    { .name = "log_levels",
      .is_multiple = true,
      .metavar = "LOGGER=LEVEL,...",
      .help = "levels of single loggers: gale.access=warning,shop=debug" },
};

int gale_log_define_options(struct gale_options *options)
{
    int r = 0;

    for (size_t i = 0; i < sizeof(defs) / sizeof(defs[0]) && r >= 0; i++) {
        gale_option_def def = defs[i];

        def.group = "logging";
        r = gale_options_define(options, &def);
    }
    return r;
}

static int apply_file(const struct gale_options *options, const char *prefix)
{
    const char *mode = gale_option_str(options, "log_rotate_mode");
    int64_t max_bytes = gale_option_int64(options, "log_file_max_size");
    int n_backups = gale_option_int(options, "log_file_num_backups");
    bool by_time = mode && strcasecmp(mode, "time") == 0;

    if (!by_time && (!mode || strcasecmp(mode, "size") != 0))
        return gale_err(GALE_EINVAL, "log_rotate_mode is 'size' or 'time', not '%s'",
                        mode ? mode : "");
    if (max_bytes < 0)
        return gale_err(GALE_EINVAL, "log_file_max_size is %lld: less than 0",
                        (long long)max_bytes);
    if (n_backups < 0)
        return gale_err(GALE_EINVAL, "log_file_num_backups is %d: less than 0", n_backups);
    return gale_log_set_file(&(gale_log_file_options){
        .prefix = prefix,
        .by_time = by_time,
        .max_bytes = max_bytes > 0 ? max_bytes : GALE_UNLIMITED,
        .n_backups = n_backups > 0 ? n_backups : GALE_OFF,
        .when = gale_option_str(options, "log_rotate_when"),
        .interval = gale_option_int(options, "log_rotate_interval"),
    });
}

static int apply_levels(const struct gale_options *options)
{
    int n = gale_option_count(options, "log_levels");
    char text[4096] = "";
    size_t len = 0;

    for (int i = 0; i < n; i++) {
        const char *one = gale_option_str_at(options, "log_levels", (size_t)i);

        if (len + strlen(one) + 2 > sizeof(text))
            return gale_err(GALE_ETOOBIG, "log_levels is longer than %zu bytes", sizeof(text));
        len += (size_t)(stpcpy(stpcpy(text + len, one), ",") - (text + len));
    }
    return gale_log_set_levels(text);
}

static int apply_format(const struct gale_options *options)
{
    const char *word = gale_option_str(options, "log_format");
    bool is_json = word && strcasecmp(word, "json") == 0;

    if (word && !is_json && strcasecmp(word, "text") != 0)
        return gale_err(GALE_EINVAL, "log_format is 'text' or 'json', not '%.40s'", word);
    gale_log_set_format(is_json ? GALE_LOG_JSON : GALE_LOG_TEXT);
    return 0;
}

int gale_log_apply_options(const struct gale_options *options)
{
    const char *word = gale_option_str(options, "logging");
    const char *prefix = gale_option_str(options, "log_file_prefix");

    if (!word)
        return 0;
    int level = gale_log_level_parse(word);
    int r = level < 0 ? level : 0;

    if (r >= 0 && prefix && prefix[0])
        r = apply_file(options, prefix);
    if (r >= 0)
        r = apply_format(options);
    if (r >= 0)
        r = apply_levels(options);
    if (r < 0)
        return r;
    gale_log_set_level(NULL, level);
    if (gale_option_count(options, "log_to_stderr") > 0)
        gale_log_set_stderr(gale_option_bool(options, "log_to_stderr") ? GALE_ON : GALE_OFF);
    return 0;
}
