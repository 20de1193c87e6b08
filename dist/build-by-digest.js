require('./index.js').runAction('build-by-digest')
