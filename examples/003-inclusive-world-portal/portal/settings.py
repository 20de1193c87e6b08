ALLOWED_HOSTS = ["portal.example.org"]
