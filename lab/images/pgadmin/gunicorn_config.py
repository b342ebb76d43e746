"""gunicorn's settings that come from pgAdmin's own."""
import gunicorn
from config import JSON_LOGGER, SESSION_EXPIRATION_TIME

gunicorn.SERVER_SOFTWARE = "Python"
timeout = SESSION_EXPIRATION_TIME * 24 * 60 * 60
access_log_format = '%(h)s %(l)s %({x-remote-user}o)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'
if JSON_LOGGER:
    fields = {"time": "asctime", "name": "name", "level": "levelname", "message": "message"}
    logger = {"handlers": ["console"], "level": "INFO", "propagate": False}
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "jsonformatter.JsonFormatter", "fmt": fields}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": logger,
        "loggers": {"gunicorn.error": logger, "gunicorn.access": logger},
    }
