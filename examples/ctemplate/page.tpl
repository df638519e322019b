{{%AUTOESCAPE context="HTML"}}<!doctype html>
<html>
<head><title>{{TITLE}}</title></head>
<body>
<h1>{{TITLE}}</h1>
<ul>
{{#STORY}}<li><a href="{{LINK}}">{{NAME}}</a>{{#IS_NEW}} (new){{/IS_NEW}}</li>
{{/STORY}}</ul>
{{#EMPTY}}<p>Nothing yet.</p>
{{/EMPTY}}<p>{{COUNT}} in all, for {{READER}}</p>
</body>
</html>
