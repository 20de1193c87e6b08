require('./index.js').runAction('compute-tags')
