"""gunicorn's settings that come from pgAdmin's own."""
import gunicorn
from config import SESSION_EXPIRATION_TIME

gunicorn.SERVER_SOFTWARE = "Python"
timeout = SESSION_EXPIRATION_TIME * 24 * 60 * 60
access_log_format = '%(h)s %(l)s %({x-remote-user}o)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'
