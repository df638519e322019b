"""validated - the sites of the tests between the checks of wsgiref.validate."""
# SPDX-License-Identifier: MIT
import os
import wsgiref.validate

if 'FLASK_SITE_DB' in os.environ:
    import flask_site
    application = wsgiref.validate.validator(flask_site.create_app())
else:
    import site_of_polls.wsgi
    application = wsgiref.validate.validator(site_of_polls.wsgi.application)
