/* ctemplate.cpp - another template engine behind gale_render(): libctemplate.
 *
 * A gale_template_engine loads and renders by name; handlers are the same as with gale's own
 * templates. ctemplate's markers are upper-case by custom, so these names are taken out of the
 * namespace: texts and numbers are values, lists of objects are sections, and so is what is true.
 */
/* SPDX-License-Identifier: MIT */
#include <cstdio>
#include <string>

#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#include <ctemplate/template_emitter.h>
#include <gale/gale.h>
#include <jansson.h>

#ifndef TEMPLATES
#define TEMPLATES "." /* where page.tpl lies */
#endif

/* --- values --- */

static void fill(ctemplate::TemplateDictionary *to, const char *name, const json_t *value)
{
    size_t index;
    json_t *item;
    const char *key;

    switch (json_typeof(value)) {
    case JSON_STRING:
        to->SetValue(name, std::string(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        to->SetValue(name, std::to_string(json_integer_value(value)));
        break;
    case JSON_REAL:
        to->SetFormattedValue(name, "%g", json_real_value(value));
        break;
    case JSON_TRUE:
        to->ShowSection(name);
        break;
    case JSON_ARRAY:
        json_array_foreach(value, index, item) fill(to, name, item);
        break;
    case JSON_OBJECT:
        to = to->AddSectionDictionary(name);
        json_object_foreach(const_cast<json_t *>(value), key, item) fill(to, key, item);
        break;
    default:
        break;
    }
}

struct filling {
    const gale_namespace *names;
    ctemplate::TemplateDictionary *to;
};

/* Others, such as handler and current_user, are not even computed. */
static int fill_name(void *arg, const char *name)
{
    const filling *f = static_cast<filling *>(arg);
    json_t *value;

    if (*name < 'A' || *name > 'Z' || gale_namespace_get(f->names, name, &value) < 0)
        return 0;
    fill(f->to, name, value);
    json_decref(value);
    return 0;
}

/* --- output --- */

class emitter : public ctemplate::ExpandEmitter {
  public:
    explicit emitter(gale_template_out *out) : out(out)
    {
    }
    void Emit(char c) override
    {
        Emit(&c, 1);
    }
    void Emit(const std::string &s) override
    {
        Emit(s.data(), s.size());
    }
    void Emit(const char *s) override
    {
        Emit(s, std::char_traits<char>::length(s));
    }
    void Emit(const char *s, size_t len) override
    {
        if (code >= 0)
            code = gale_template_write(out, s, len);
    }

    int code = 0;

  private:
    gale_template_out *out;
};

/* --- the engine --- */

static int fail(gale_template_error *error, int code, const char *what, const char *name)
{
    snprintf(error->message, sizeof(error->message), "ctemplate: %s '%s'", what, name);
    return code;
}

static int load(void *arg, const char *name, void **out, gale_template_error *error)
{
    auto *cache = static_cast<ctemplate::TemplateCache *>(arg);

    try {
        if (cache->FindTemplateFilename(name).empty())
            return fail(error, GALE_ENOTFOUND, "no template", name);
        if (!cache->LoadTemplate(name, ctemplate::DO_NOT_STRIP))
            return fail(error, GALE_EINVAL, "cannot read", name);
        *out = new std::string(name);
        return 0;
    } catch (...) {
        return GALE_ESTATE; /* no exception may leave a hook */
    }
}

static int render(void *arg, void *loaded, const gale_namespace *names, gale_template_out *out,
                  gale_template_error *error)
{
    auto *cache = static_cast<ctemplate::TemplateCache *>(arg);
    const std::string &name = *static_cast<std::string *>(loaded);

    try {
        ctemplate::TemplateDictionary values("page");
        filling f = { names, &values };
        emitter to(out);

        gale_namespace_each(names, fill_name, &f);
        if (!cache->ExpandWithData(name, ctemplate::DO_NOT_STRIP, &values, nullptr, &to))
            return fail(error, GALE_EINVAL, "cannot expand", name.c_str());
        return to.code;
    } catch (...) {
        return GALE_ESTATE;
    }
}

static void unload(void *, void *loaded)
{
    delete static_cast<std::string *>(loaded);
}

static void reset(void *arg)
{
    static_cast<ctemplate::TemplateCache *>(arg)->ReloadAllIfChanged(
        ctemplate::TemplateCache::LAZY_RELOAD);
}

static void free_cache(void *arg)
{
    delete static_cast<ctemplate::TemplateCache *>(arg);
}

static gale_loader *ctemplate_loader(const char *root)
{
    gale_template_engine engine = {};
    auto *cache = new ctemplate::TemplateCache;

    cache->SetTemplateRootDirectory(root);
    engine.load = load;
    engine.render = render;
    engine.unload = unload;
    engine.reset = reset;
    engine.free = free_cache;
    return gale_engine_loader_new(&engine, cache);
}

/* --- an application: nothing here knows of ctemplate --- */

static int page_get(gale_handler *self)
{
    const char *reader = gale_get_argument(self, "reader", "you");

    return gale_render(self, "page.tpl",
                       json_pack("{s:s, s:s, s:i, s:[{s:s, s:s, s:b}, {s:s, s:s}]}", "TITLE",
                                 "Stories", "READER", reader, "COUNT", 2, "STORY", "NAME",
                                 "Ships & <tides>", "LINK", "/story/1", "IS_NEW", 1, "NAME",
                                 "Lamps", "LINK", "javascript:alert(1)"));
}

static int missing_get(gale_handler *self)
{
    return gale_render(self, "missing.tpl", NULL);
}

static gale_handler_class handler_of(int (*get)(gale_handler *self), const char *name)
{
    gale_handler_class cls = {};

    cls.get = get;
    cls.name = name;
    return cls;
}

int main(int argc, char **argv)
{
    static const gale_handler_class page = handler_of(page_get, "page");
    static const gale_handler_class missing = handler_of(missing_get, "missing");
    gale_route routes[3] = {};
    gale_settings settings = {};

    routes[0].url = "/";
    routes[0].handler = &page;
    routes[1].url = "/missing";
    routes[1].handler = &missing;
    settings.template_loader = ctemplate_loader(TEMPLATES);
    return gale_main(argc, argv, gale_app_new(routes, &settings));
}
